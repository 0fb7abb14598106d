// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/modelbook.h"

#include <algorithm>

namespace sluice::insight {

QByteArray modelName(const QByteArray &provider, const QByteArray &model)
{
    // The unified API is asked for "openai/gpt-4o" and may keep the name as it is.
    const bool hasProvider = model.size() > provider.size() && model.startsWith(provider)
        && model.at(provider.size()) == '/';
    return provider.isEmpty() || model.isEmpty() || hasProvider ? model : provider + '/' + model;
}

std::vector<int> ModelBook::ingest(const ActivityBatch &batch)
{
    std::vector<int> changed;
    changed.reserve(batch.models.size());
    for (const ModelDelta &delta : batch.models) {
        const int index = indexFor(delta);
        Model &model = m_models[size_t(index)];
        model.requests += delta.requests;
        model.refused += delta.refused;
        model.spent.add(delta.spent);
        m_total.add(delta.spent);
        if (delta.spent.charged + delta.spent.turnedAway > 0)
            model.isUnpriced = delta.isUnpriced;
        changed.push_back(index);
    }
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    return changed;
}

int ModelBook::indexFor(const ModelDelta &delta)
{
    const QByteArray name = modelName(delta.provider, delta.model);
    int index = indexOf(name);
    if (delta.provider.isEmpty()) {
        const int served = index < 0 ? m_servedAs.value(delta.model, -1) : index;
        return served < 0 ? addModel(name) : served;
    }
    if (index < 0 && indexOf(delta.model) >= 0) {
        // Only asked for until now: known by whom it is served from here on.
        index = m_index.take(delta.model);
        m_models[size_t(index)].name = name;
        m_index.insert(name, index);
    }
    if (index < 0)
        index = addModel(name);
    if (m_models[size_t(index)].name == name)
        m_servedAs.insert(delta.model, index);
    return index;
}

int ModelBook::addModel(const QByteArray &name)
{
    const QByteArray own = count() < MaxModels ? name : QByteArray();
    if (const int known = indexOf(own); known >= 0)
        return known;
    const int index = count();
    m_index.insert(own, index);
    m_models.push_back({.name = own});
    return index;
}

} // namespace sluice::insight
