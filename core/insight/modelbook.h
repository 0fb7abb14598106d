// SPDX-License-Identifier: GPL-3.0-or-later
// The console's memory of models: what was asked of each since this console started, and what it
// used and cost. Built from activity batches. Pure; one thread.
#pragma once

#include "core/insight/activity.h"

#include <QHash>

namespace sluice::insight {

/// "openai/gpt-4o", as prices name it; without a provider what was asked for, as it is.
QByteArray modelName(const QByteArray &provider, const QByteArray &model);

class ModelBook final
{
public:
    /// Clients choose the names, so there is an end to them; the rest is one model without a name.
    static constexpr int MaxModels = 2'000;

    struct Model
    {
        QByteArray name; ///< see modelName()
        quint64 requests = 0; ///< refused ones too
        quint64 refused = 0;
        Spent spent = {};
        bool isUnpriced = false; ///< nobody knew the price of the last request
    };

    /// Takes a batch in; returns the indexes of the models that changed (sorted, unique). What was
    /// refused names no provider: it counts to the model that was last served for such a request,
    /// once there is one.
    std::vector<int> ingest(const ActivityBatch &batch);

    [[nodiscard]] int count() const { return static_cast<int>(m_models.size()); }

    [[nodiscard]] const Model &model(int index) const { return m_models[size_t(index)]; }

    /// -1 = never seen.
    [[nodiscard]] int indexOf(const QByteArray &name) const { return m_index.value(name, -1); }

    /// All models together.
    [[nodiscard]] const Spent &total() const { return m_total; }

private:
    int indexFor(const ModelDelta &delta);
    int addModel(const QByteArray &name);

    std::vector<Model> m_models;
    QHash<QByteArray, int> m_index; ///< by name
    QHash<QByteArray, int> m_servedAs; ///< by what was asked for
    Spent m_total;
};

} // namespace sluice::insight
