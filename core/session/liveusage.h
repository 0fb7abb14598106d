// SPDX-License-Identifier: GPL-3.0-or-later
// Usage against limits and by model, live: the books fed by the gateway's reports. Lives on the
// main thread.
#pragma once

#include "core/base/clock.h"
#include "core/insight/modelbook.h"
#include "core/insight/usagebook.h"

#include <QObject>

namespace sluice::session {

class LiveUsage final : public QObject
{
    Q_OBJECT

public:
    /// The clock must outlive this object.
    explicit LiveUsage(const Clock &clock, QObject *parent = nullptr);
    ~LiveUsage() override;
    Q_DISABLE_COPY_MOVE(LiveUsage)

    void ingest(const insight::ActivityBatchPtr &batch);

    /// Lists the configured keys even before their first request, and forgets limits that are gone.
    void setConfiguration(const std::shared_ptr<const config::Configuration> &configuration);

    [[nodiscard]] const insight::UsageBook &book() const { return m_book; }

    [[nodiscard]] const insight::ModelBook &models() const { return m_models; }

    [[nodiscard]] std::shared_ptr<const config::Configuration> configuration() const
    {
        return m_configuration;
    }

    [[nodiscard]] const Clock &clock() const { return m_clock; }

    /// Requests and refusals of all gateway threads in the last full seconds, per second.
    struct Rate
    {
        double requests = 0;
        double refused = 0;
    };

    [[nodiscard]] Rate rate() const;

Q_SIGNALS:
    /// Subjects changed (indexes into the book, sorted) or were added at its end.
    void subjectsChanged(const std::vector<int> &indexes);
    /// Models changed (indexes into their book, sorted) or were added at its end.
    void modelsChanged(const std::vector<int> &indexes);
    void configurationChanged();

private:
    std::vector<int> listConfigured(const config::Configuration &configuration);

    const Clock &m_clock;
    insight::UsageBook m_book;
    insight::ModelBook m_models;
    std::shared_ptr<const config::Configuration> m_configuration;

    struct Second
    {
        quint32 requests = 0;
        quint32 refused = 0;
    };

    std::array<Second, 8> m_seconds{}; ///< ring by wall second
    qint64 m_lastSecond = 0;
};

} // namespace sluice::session
