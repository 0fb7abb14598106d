// SPDX-License-Identifier: GPL-3.0-or-later
// The forms of published price lists. Internal to core/metering: needs simdjson.
#pragma once

#include "core/metering/prices/priceimport.h"
#include "core/metering/prices/pricejson.h"

#include <QSet>

namespace sluice::metering {

/// Collects what a form finds; one import, one thread.
class ImportSink
{
public:
    ImportSink(QList<QByteArray> providers, QDate today);

    /// Whether models of that provider, under the name of the list, are wanted.
    [[nodiscard]] bool wants(const QByteArray &provider) const;

    /// One model; `provider` is the list's name for it. Of equal names the first counts.
    void add(const QByteArray &provider, const QByteArray &model, const config::WrittenRates &rates,
        const std::vector<config::WrittenTier> &tiers);

    /// One model that cannot be used.
    void leaveOut(const QString &reason);

    /// Reads a number, or a text with one, times 10^shift; false if it is neither.
    bool readRate(simdjson::ondemand::value value, int shift, std::optional<qint64> &rate);

    void setAt(const QByteArray &name) { m_at = name; }

    [[nodiscard]] const QByteArray &at() const { return m_at; }

    [[nodiscard]] QDate today() const { return m_today; }

    [[nodiscard]] ImportedPrices takeResult();

private:
    QList<QByteArray> m_providers;
    QDate m_today;
    QByteArray m_at;
    QSet<QByteArray> m_names;
    ImportedPrices m_result;
    bool m_isRounded = false; ///< something of the model that is being read
};

/// Each gives false if the text is broken.
bool readLiteLlm(simdjson::ondemand::value root, ImportSink &sink);
bool readGenaiPrices(simdjson::ondemand::value root, ImportSink &sink);
bool readModelsDev(simdjson::ondemand::value root, ImportSink &sink);

} // namespace sluice::metering
