// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/policyfields.h"

#include "core/base/duration.h"
#include "core/session/limitshape.h"
#include "ui/models/limitcommands.h"
#include "ui/models/limitfields.h"
#include "ui/pages/formrow.h"
#include "ui/pages/policyfielddelegate.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QCompleter>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QSet>
#include <QTimeZone>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::Algorithm;
using config::CalendarUnit;
using config::LimitMode;
using config::LimitRule;
using config::MissingSegment;
using config::SegmentKind;
using config::StoreFailure;
using session::LimitKind;

namespace {

constexpr LimitMode Modes[] = {LimitMode::Off, LimitMode::Shadow, LimitMode::Enforce};

int indexOf(LimitMode mode)
{
    return mode == LimitMode::Off ? 0 : mode == LimitMode::Shadow ? 1 : 2;
}

/// How long a window is that rolls instead of a period of the calendar.
QString lengthOf(CalendarUnit unit)
{
    static const QStringList lengths{u"1h"_s, u"24h"_s, u"7d"_s, u"30d"_s, u"91d"_s, u"365d"_s};
    return lengths.at(int(unit));
}

void choose(QComboBox *box, const QVariant &data)
{
    box->setCurrentIndex(box->findData(data));
}

QSet<QByteArray> namesOf(const session::ConfigDraft &draft)
{
    QSet<QByteArray> names;
    if (const auto values = draft.configuration()) {
        for (const LimitRule &rule : values->limits)
            names.insert(rule.name);
    }
    return names;
}

template <typename T> QString reasonOf(const Result<T> &result)
{
    return result ? QString() : result.error().message;
}

QVariant segmentData(const config::Segment &segment)
{
    return QString::fromUtf8(config::segmentName(segment));
}

config::Segment segmentOf(const QString &data)
{
    constexpr QLatin1StringView Property("property:");
    if (data.startsWith(Property))
        return {SegmentKind::Property, data.sliced(Property.size()).toUtf8()};
    for (const SegmentKind kind : {SegmentKind::Shared, SegmentKind::ApiKey, SegmentKind::EndUser,
             SegmentKind::Team, SegmentKind::TeamMember}) {
        if (segmentData({kind, {}}).toString() == data)
            return {kind, {}};
    }
    return {};
}

} // namespace

PolicyFields::PolicyFields(session::ConfigDraft &draft, QWidget *parent)
    : QWidget(parent), m_draft(draft), m_grid(new QGridLayout(this))
{
    setObjectName(u"policyFields"_s);
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(metrics::CellPadding);
    m_grid->setVerticalSpacing(2);
    m_grid->setColumnStretch(4, 1);
    m_grid->setColumnMinimumWidth(0, fontMetrics().horizontalAdvance(u"Counted per__"_s));
    setupRows();
    setupChecks();
    setupCommits();
    setupChoices();
    setupPreviews();
}

// A field that goes away while it has the focus must find nobody who listens.
PolicyFields::~PolicyFields()
{
    qDeleteAll(rows());
}

// --- building ------------------------------------------------------------------------------------

FormRow *PolicyFields::addRow(const QString &title, const QString &name)
{
    auto *row = new FormRow(m_grid, m_rows, title, name, this);
    m_rows += 2;
    return row;
}

PolicyFields::Choice PolicyFields::addChoice(const QString &title, const QString &name)
{
    Choice choice{m_rows, new QLabel(title, this), new QComboBox(this)};
    Theme::setRole(choice.title, FontRole::Text, true);
    choice.title->setBuddy(choice.box);
    choice.box->setObjectName(name);
    choice.box->setAccessibleName(title);
    choice.box->setFocusPolicy(Qt::StrongFocus); // the wheel scrolls the form
    choice.box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    choice.box->setMinimumContentsLength(10);
    choice.box->installEventFilter(this);
    m_grid->addWidget(choice.title, m_rows, 0);
    m_grid->addWidget(choice.box, m_rows, 1, 1, 4);
    m_grid->setRowMinimumHeight(m_rows + 1, metrics::CellPadding);
    m_rows += 2;
    return choice;
}

void PolicyFields::setVisible(const Choice &choice, bool visible)
{
    choice.title->setVisible(visible);
    choice.box->setVisible(visible);
    m_grid->setRowMinimumHeight(choice.row + 1, visible ? metrics::CellPadding : 0);
}

void PolicyFields::setupRows()
{
    auto *title = new QLabel(tr("State"), this);
    Theme::setRole(title, FontRole::Text, true);
    m_mode = new Segmented(tr("State"), {tr("Off"), tr("Shadow"), tr("Enforced")}, this);
    m_mode->setObjectName(u"stateSegmented"_s);
    m_grid->addWidget(title, 0, 0);
    m_grid->addWidget(m_mode, 0, 1, 1, 4, Qt::AlignLeft);
    m_grid->setRowMinimumHeight(1, metrics::CellPadding);
    m_rows = 2;
    m_policy = addRow(tr("Policy"), u"formPolicyLineEdit"_s);
    m_policy->setWide();
    m_policy->edit()->setFont(Theme::font(FontRole::Mono, font()));
    m_amount = addRow(tr("Amount"), u"formAmountLineEdit"_s);
    m_periodKind = addChoice(tr("Period"), u"periodKindComboBox"_s);
    m_periodKind.box->addItem(tr("rolling window"), QString());
    for (int unit = 0; unit <= int(CalendarUnit::Year); ++unit) {
        const QString word = limitfields::calendarWord(CalendarUnit(unit));
        m_periodKind.box->addItem(tr("calendar %1").arg(word), word);
    }
    m_period = addRow(tr("Refilled in"), u"formPeriodLineEdit"_s);
    m_zone = addRow(tr("Time zone"), u"formZoneLineEdit"_s);
    m_zone->setWide();
    m_weekStart = addChoice(tr("Week starts"), u"weekStartComboBox"_s);
    for (int day = Qt::Monday; day <= Qt::Sunday; ++day)
        m_weekStart.box->addItem(QLocale::c().dayName(day), day);
    m_segment = addChoice(tr("Counted per"), u"countedPerComboBox"_s);
    m_unit = addChoice(tr("Counts"), u"unitComboBox"_s);
    m_missing = addChoice(tr("Without one"), u"missingComboBox"_s);
    m_missing.box->addItem(tr("share one count"), int(MissingSegment::Share));
    m_missing.box->addItem(tr("refuse"), int(MissingSegment::Reject));
    m_missing.box->addItem(tr("do not count"), int(MissingSegment::Skip));
    m_failure = addChoice(tr("Store down"), u"storeFailureComboBox"_s);
    m_failure.box->addItem(tr("count here meanwhile"), int(StoreFailure::Local));
    m_failure.box->addItem(tr("let everything through"), int(StoreFailure::Open));
    m_failure.box->addItem(tr("let nothing through"), int(StoreFailure::Closed));
    m_name = addRow(tr("Name"), u"formNameLineEdit"_s);
    m_name->setWide();
    m_amount->edit()->installEventFilter(this);
    QStringList zones;
    for (const QByteArray &zone : QTimeZone::availableTimeZoneIds())
        zones.append(QString::fromLatin1(zone));
    auto *completer = new QCompleter(zones, this);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setFilterMode(Qt::MatchContains);
    m_zone->edit()->setCompleter(completer);
}

void PolicyFields::setupChecks()
{
    m_policy->setCheck(
        [](const QString &text) { return reasonOf(limitfields::parsePolicy(text)); });
    m_amount->setCheck([this](const QString &text) {
        return m_row.rule() ? reasonOf(limitfields::parseAmount(text, m_row.rule()->unit))
                            : QString();
    });
    m_period->setCheck([this](const QString &text) {
        return m_row.rule() ? reasonOf(limitfields::parsePeriodOf(*m_row.rule(), text)) : QString();
    });
    m_zone->setCheck([](const QString &text) { return reasonOf(limitfields::parseZone(text)); });
    m_name->setCheck([this](const QString &text) {
        const auto values = m_draft.configuration();
        return m_row.rule() && values
            ? reasonOf(limitfields::parseName(*values, *m_row.rule(), text))
            : QString();
    });
}

void PolicyFields::setupCommits()
{
    using TextCommand =
        Result<void> (*)(session::ConfigDraft &, const LimitRule &, const QString &);
    const auto text = [this](FormRow *row, TextCommand command) {
        connect(row, &FormRow::committed, this, [this, row, command](const QString &typed) {
            commitRow(row, [this, command, typed](const LimitRule &rule) {
                return command(m_draft, rule, typed);
            });
        });
    };
    text(m_policy, limitcommands::setPolicy);
    text(m_amount, limitcommands::setAmount);
    text(m_period, limitcommands::setPeriod);
    text(m_zone, limitcommands::setZone);
    text(m_name, limitcommands::setName);
    connect(m_amount, &FormRow::oldRequested, this, [this] {
        const QString old = limitfields::amountText(m_row.running->capacity, m_row.running->unit);
        commitRow(m_amount, [this, old](const LimitRule &rule) {
            return limitcommands::setAmount(m_draft, rule, old);
        });
    });
    connect(m_period, &FormRow::oldRequested, this, [this] {
        const QString old = limitfields::periodText(*m_row.running);
        commitRow(m_period, [this, old](const LimitRule &rule) {
            return limitcommands::setPeriod(m_draft, rule, old);
        });
    });
}

void PolicyFields::setupChoices()
{
    connect(m_mode, &Segmented::activated, this, [this](int index) {
        runChoice([this, index](const LimitRule &rule) {
            return limitcommands::setMode(m_draft, rule, Modes[index]);
        });
    });
    const auto choice = [this](const Choice &from, auto command) {
        connect(from.box, &QComboBox::activated, this, [this, box = from.box, command](int index) {
            const QVariant chosen = box->itemData(index);
            runChoice([command, chosen](const LimitRule &rule) { return command(rule, chosen); });
        });
    };
    choice(m_weekStart, [this](const LimitRule &rule, const QVariant &day) {
        return limitcommands::setWeekStart(m_draft, rule, Qt::DayOfWeek(day.toInt()));
    });
    choice(m_segment, [this](const LimitRule &rule, const QVariant &segment) {
        return limitcommands::setSegment(m_draft, rule, segmentOf(segment.toString()));
    });
    choice(m_unit, [this](const LimitRule &rule, const QVariant &unit) {
        return limitcommands::setUnit(m_draft, rule, Unit(unit.toInt()));
    });
    choice(m_missing, [this](const LimitRule &rule, const QVariant &missing) {
        return limitcommands::setOnMissing(m_draft, rule, MissingSegment(missing.toInt()));
    });
    choice(m_failure, [this](const LimitRule &rule, const QVariant &failure) {
        return limitcommands::setOnStoreFailure(m_draft, rule, StoreFailure(failure.toInt()));
    });
    connect(m_periodKind.box, &QComboBox::activated, this, &PolicyFields::commitPeriodKind);
}

void PolicyFields::setupPreviews()
{
    connect(m_amount, &FormRow::typed, this, [this](const QString &text) {
        if (!m_row.draft)
            return;
        LimitRule rule = *m_row.draft;
        if (const auto amount = limitfields::parseAmount(text, rule.unit))
            rule.capacity = *parseAmount(amount->toLatin1());
        Q_EMIT previewed(rule);
    });
    connect(m_period, &FormRow::typed, this, [this](const QString &text) {
        m_period->setNote(limitfields::periodInSeconds(text));
        if (!m_row.draft)
            return;
        LimitRule rule = *m_row.draft;
        if (const auto length = parseDuration(text.simplified()))
            rule.refill = *length;
        Q_EMIT previewed(rule);
    });
    connect(m_policy, &FormRow::typed, this, [this](const QString &text) {
        const auto policy = limitfields::parsePolicy(text);
        if (!m_row.draft || !policy)
            return;
        LimitRule rule = *m_row.draft;
        rule.capacity = policy->quota;
        rule.refill = policy->window;
        rule.unit = policy->unit;
        Q_EMIT previewed(rule);
    });
}

// --- showing -------------------------------------------------------------------------------------

QList<FormRow *> PolicyFields::rows() const
{
    return {m_policy, m_name, m_amount, m_period, m_zone};
}

QString PolicyFields::textAt(const QString &key) const
{
    const LimitRule &rule = *m_row.rule();
    session::limitshape::YamlPath path = rule.path;
    path.append(key);
    return session::limitshape::scalarAt(m_row.draft ? m_draft.text() : m_draft.runningText(), path)
        .value_or(QString());
}

void PolicyFields::showLimit(const PolicyRow &row, bool readOnly)
{
    const bool isOther = m_row.name != row.name;
    m_row = row;
    m_isReadOnly = readOnly;
    if (isOther) {
        for (FormRow *field : rows())
            field->forget();
    }
    const LimitRule &rule = *m_row.rule();
    m_mode->setCurrentIndex(indexOf(rule.mode));
    showTexts(rule);
    showPeriod(rule);
    showSegments(rule);
    showUnits(rule);
    choose(m_missing.box, int(rule.onMissing));
    choose(m_failure.box, int(rule.onStoreFailure));
    setVisible(m_failure, isCountedElsewhere(rule));
    setEditable(m_row.draft.has_value() && !readOnly);
}

/// Whether the draft counts it in a store outside of this process.
bool PolicyFields::isCountedElsewhere(const LimitRule &rule) const
{
    const auto values = m_draft.configuration();
    const auto index = static_cast<size_t>(rule.store);
    return values && index < values->stores.size() && values->stores[index].isShared();
}

void PolicyFields::showTexts(const LimitRule &rule)
{
    const bool isPolicy = session::kindOf(rule) == LimitKind::Policy;
    const bool canReset = m_row.draft && m_row.running && m_row.draft->unit == m_row.running->unit;
    m_policy->show(QString::fromUtf8(rule.policy));
    m_policy->setVisible(isPolicy);
    m_amount->setNote(limitfields::unitWords(rule.unit));
    m_amount->show(limitfields::amountText(rule.capacity, rule.unit),
        canReset ? limitfields::amountText(m_row.running->capacity, rule.unit) : QString());
    m_name->edit()->setPlaceholderText(
        isPolicy ? tr("named by its policy") : QString::fromUtf8(rule.name));
    m_name->show(limitfields::hasOwnName(rule) ? QString::fromUtf8(rule.name) : QString());
}

void PolicyFields::showPeriod(const LimitRule &rule)
{
    const LimitKind kind = session::kindOf(rule);
    const bool isWindow = kind == LimitKind::Usage || kind == LimitKind::Spend;
    const bool isCalendar = rule.algorithm == Algorithm::CalendarWindow;
    const bool isWeek = isCalendar && rule.calendar.unit == CalendarUnit::Week;
    setVisible(m_periodKind, isWindow);
    choose(m_periodKind.box, isCalendar ? limitfields::periodText(rule) : QString());
    m_period->setTitle(rule.algorithm == Algorithm::Gcra ? tr("Refilled in") : tr("In any"));
    const bool isSameKind =
        m_row.draft && m_row.running && !isCalendar && m_row.running->algorithm == rule.algorithm;
    const QString text = isCalendar ? QString() : limitfields::periodText(rule);
    m_period->show(text, isSameKind ? limitfields::periodText(*m_row.running) : QString());
    m_period->setNote(limitfields::periodInSeconds(m_period->edit()->text()));
    m_period->setVisible(!isCalendar && kind != LimitKind::Concurrency);
    m_zone->edit()->setPlaceholderText(
        tr("%1, of this machine").arg(QString::fromLatin1(QTimeZone::systemTimeZoneId())));
    m_zone->show(isCalendar ? textAt(u"timezone"_s) : QString());
    m_zone->setVisible(isCalendar);
    setVisible(m_weekStart, isWeek);
    choose(m_weekStart.box, int(rule.calendar.weekStart));
}

/// The properties that any limit counts by, and `own` if that is one, sorted.
QList<QByteArray> PolicyFields::propertiesOf(const config::Segment &own) const
{
    QSet<QByteArray> names;
    const auto add = [&names](const config::Segment &segment) {
        if (segment.kind == SegmentKind::Property)
            names.insert(segment.property);
    };
    if (const auto values = m_draft.configuration()) {
        for (const LimitRule &other : values->limits)
            add(other.segment);
    }
    add(own);
    QList<QByteArray> sorted(names.cbegin(), names.cend());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

void PolicyFields::showSegments(const LimitRule &rule)
{
    const LimitKind kind = session::kindOf(rule);
    QList<config::Segment> segments;
    const bool isPropertyBucket =
        kind == LimitKind::Bucket && rule.segment.kind == SegmentKind::Property;
    if (!isPropertyBucket) {
        segments = {{SegmentKind::ApiKey, {}}, {SegmentKind::EndUser, {}}};
        if (kind != LimitKind::Policy)
            segments += {{SegmentKind::Team, {}}, {SegmentKind::TeamMember, {}}};
    }
    // A bucket stands under its property and cannot move to another one.
    if (isPropertyBucket)
        segments.append(rule.segment);
    else if (kind != LimitKind::Bucket)
        for (const QByteArray &name : propertiesOf(rule.segment))
            segments.append({SegmentKind::Property, name});
    if (kind != LimitKind::Policy && !isPropertyBucket)
        segments.append({SegmentKind::Shared, {}});
    m_segment.box->clear();
    for (const config::Segment &segment : segments)
        m_segment.box->addItem(limitfields::countedPer(segment), segmentData(segment));
    choose(m_segment.box, segmentData(rule.segment));
    setVisible(m_missing, rule.segment.kind != SegmentKind::Shared);
}

void PolicyFields::showUnits(const LimitRule &rule)
{
    const LimitKind kind = session::kindOf(rule);
    QList<Unit> units{Unit::Request, Unit::Token};
    if (kind == LimitKind::Bucket || kind == LimitKind::Usage)
        units += {Unit::InputToken, Unit::OutputToken};
    if (kind == LimitKind::Bucket || kind == LimitKind::Policy)
        units += Unit::Cents;
    if (kind == LimitKind::Spend || kind == LimitKind::Concurrency)
        units = {rule.unit};
    m_unit.box->clear();
    for (const Unit unit : units)
        m_unit.box->addItem(limitfields::countedWhat(unit), int(unit));
    choose(m_unit.box, int(rule.unit));
}

void PolicyFields::setEditable(bool editable)
{
    m_mode->setEnabled(editable);
    for (FormRow *row : rows())
        row->setReadOnly(!editable);
    for (const Choice &choice :
        {m_periodKind, m_weekStart, m_segment, m_unit, m_missing, m_failure})
        choice.box->setEnabled(editable && choice.box->count() > 1);
}

// --- editing -------------------------------------------------------------------------------------

Result<void> PolicyFields::run(const Command &command)
{
    if (!m_row.draft || m_isReadOnly)
        return {};
    const LimitRule rule = *m_row.draft; // the edit shows the limit anew
    const QSet<QByteArray> before = namesOf(m_draft);
    Result<void> edited = command(rule);
    const QSet<QByteArray> after = namesOf(m_draft);
    const QSet<QByteArray> added = after - before;
    if (edited && !after.contains(rule.name) && added.size() == 1)
        Q_EMIT renamed(*added.cbegin());
    return edited;
}

void PolicyFields::commitRow(FormRow *row, const Command &command)
{
    row->report(run(command));
}

void PolicyFields::runChoice(const Command &command)
{
    const Result<void> edited = run(command);
    if (edited)
        return;
    showLimit(PolicyRow(m_row), m_isReadOnly); // the choice goes back
    Q_EMIT failed(edited.error().message);
}

void PolicyFields::commitPeriodKind()
{
    const QString word = m_periodKind.box->currentData().toString();
    runChoice([this, word](const LimitRule &rule) -> Result<void> {
        const bool isCalendar = rule.algorithm == Algorithm::CalendarWindow;
        if (!word.isEmpty())
            return limitcommands::setPeriod(m_draft, rule, word);
        return isCalendar ? limitcommands::setPeriod(m_draft, rule, lengthOf(rule.calendar.unit))
                          : Result<void>();
    });
}

bool PolicyFields::eventFilter(QObject *object, QEvent *event)
{
    const auto *box = qobject_cast<QComboBox *>(object);
    if (event->type() == QEvent::Wheel && box && !box->hasFocus()) {
        event->ignore();
        return true;
    }
    if (event->type() == QEvent::KeyPress && object == m_amount->edit() && !m_isReadOnly
        && m_row.rule())
        return stepAmount(
            m_amount->edit(), static_cast<QKeyEvent *>(event)->key(), m_row.rule()->unit);
    return QWidget::eventFilter(object, event);
}

} // namespace sluice::ui
