// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/durationchoice.h"

#include "core/base/duration.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/segmented.h"

#include <QDateTime>
#include <QHBoxLayout>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using std::chrono::nanoseconds;

namespace {

enum Choice { Quarter, Hour, TwoHours, Day, Typed, OpenEnd };

} // namespace

DurationChoice::DurationChoice(const Clock &clock, const QString &openEnd, QWidget *parent)
    : QWidget(parent), m_clock(clock), m_hasOpenEnd(!openEnd.isEmpty())
{
    QStringList choices{tr("15 m"), tr("1 h"), tr("2 h"), tr("Rest of day"), tr("Other")};
    if (m_hasOpenEnd)
        choices += openEnd;
    m_choice = new Segmented(tr("For how long"), choices, this);
    m_choice->setObjectName(u"durationSegmented"_s);
    m_choice->setCurrentIndex(m_hasOpenEnd ? OpenEnd : Hour);
    m_typed = new FieldEdit(tr("Duration, for example 1h 30m"), this);
    m_typed->setObjectName(u"durationFieldEdit"_s);
    m_typed->setPlaceholderText(tr("1h 30m"));
    m_typed->setMaximumWidth(fontMetrics().horizontalAdvance(u"1d 12h 30m 30s"_s) + 24);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(m_choice);
    layout->addWidget(m_typed);
    layout->addStretch();
    connect(m_choice, &Segmented::activated, this, [this](int choice) {
        if (choice == Typed)
            m_typed->setFocus(Qt::OtherFocusReason);
        check();
    });
    connect(m_typed, &QLineEdit::textEdited, this, [this] {
        m_choice->setCurrentIndex(Typed);
        check();
    });
}

DurationChoice::~DurationChoice() = default;

bool DurationChoice::isOpenEnd() const
{
    return m_hasOpenEnd && m_choice->currentIndex() == OpenEnd;
}

bool DurationChoice::isValid() const
{
    return isOpenEnd() || duration().has_value();
}

std::optional<nanoseconds> DurationChoice::duration() const
{
    using namespace std::chrono_literals;
    switch (m_choice->currentIndex()) {
    case Quarter:
        return 15min;
    case Hour:
        return 1h;
    case TwoHours:
        return 2h;
    case Day:
        return restOfDay();
    case Typed:
        return typed();
    default:
        return std::nullopt;
    }
}

std::optional<nanoseconds> DurationChoice::typed() const
{
    const Result<nanoseconds> parsed = parseDuration(m_typed->text());
    return parsed && *parsed > nanoseconds::zero() ? std::optional(*parsed) : std::nullopt;
}

// To the next midnight of this machine's zone, whatever its clocks do on the way.
nanoseconds DurationChoice::restOfDay() const
{
    const qint64 now = m_clock.wall().count();
    const QDateTime midnight = QDateTime::fromMSecsSinceEpoch(now).date().addDays(1).startOfDay();
    return std::chrono::milliseconds(midnight.toMSecsSinceEpoch() - now);
}

void DurationChoice::check()
{
    QString error;
    if (m_choice->currentIndex() == Typed && !m_typed->text().isEmpty() && !typed()) {
        const Result<nanoseconds> parsed = parseDuration(m_typed->text());
        error = parsed ? tr("longer than nothing, please") : parsed.error().message;
    }
    m_typed->setError(error);
    Q_EMIT changed();
}

} // namespace sluice::ui
