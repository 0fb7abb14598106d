// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/addlimitmenu.h"

#include "core/insight/labels.h"
#include <QInputDialog>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::LimitScope;
using config::SegmentKind;
using session::LimitPlace;

namespace {

struct KindTitle
{
    limitcommands::NewKind kind;
    const char *title;
};

constexpr KindTitle Kinds[] = {
    {limitcommands::NewKind::Bucket,
        QT_TRANSLATE_NOOP("sluice::ui::AddLimitMenu", "Bucket, refilled evenly")},
    {limitcommands::NewKind::Rolling,
        QT_TRANSLATE_NOOP("sluice::ui::AddLimitMenu", "Rolling window")},
    {limitcommands::NewKind::Calendar,
        QT_TRANSLATE_NOOP("sluice::ui::AddLimitMenu", "Calendar window")},
    {limitcommands::NewKind::Spend, QT_TRANSLATE_NOOP("sluice::ui::AddLimitMenu", "Spending")},
    {limitcommands::NewKind::Concurrency,
        QT_TRANSLATE_NOOP("sluice::ui::AddLimitMenu", "Requests at the same time")},
    {limitcommands::NewKind::Policy,
        QT_TRANSLATE_NOOP("sluice::ui::AddLimitMenu", "Policy, as clients send it")},
};

} // namespace

AddLimitMenu::AddLimitMenu(session::ConfigDraft &draft, session::LiveUsage &usage, QWidget *parent)
    : QMenu(tr("Add limit"), parent), m_draft(draft), m_usage(usage)
{
    setObjectName(u"addLimitMenu"_s);
    connect(this, &QMenu::aboutToShow, this, &AddLimitMenu::fill);
}

AddLimitMenu::~AddLimitMenu() = default;

void AddLimitMenu::fill()
{
    clear();
    const auto configuration = m_draft.configuration();
    if (!configuration)
        return;
    m_properties = properties();
    addScope(tr("Global"), {LimitScope::Global, {}, {}});
    addScope(tr("Unified API"), {LimitScope::Unified, {}, {}});
    for (const config::Router &router : configuration->routers) {
        // A router that opts out has no place for limits.
        if (!router.limitsDisabled)
            addScope(tr("Router %1").arg(QString::fromUtf8(router.name)),
                {LimitScope::Router, router.name, {}});
    }
}

void AddLimitMenu::addScope(const QString &title, const LimitPlace &scope)
{
    QMenu *menu = addMenu(title);
    for (const KindTitle &each : Kinds)
        addKind(menu->addMenu(tr(each.title)), each.kind, scope);
}

void AddLimitMenu::addKind(QMenu *menu, NewKind kind, const LimitPlace &scope)
{
    LimitPlace place = scope;
    for (const SegmentKind segment :
        {SegmentKind::ApiKey, SegmentKind::EndUser, SegmentKind::Team, SegmentKind::TeamMember}) {
        place.segment = {segment, {}};
        addPlace(menu, kind, place);
    }
    for (const QByteArray &name : std::as_const(m_properties)) {
        place.segment = {SegmentKind::Property, name};
        addPlace(menu, kind, place);
    }
    menu->addAction(
        tr("per another property…"), this, [this, kind, scope] { askForProperty(kind, scope); });
    place.segment = {SegmentKind::Shared, {}};
    addPlace(menu, kind, place);
}

void AddLimitMenu::addPlace(QMenu *menu, NewKind kind, const LimitPlace &place)
{
    if (!limitcommands::canCountPer(kind, place.segment))
        return;
    menu->addAction(insight::segmentLabel(place.segment), this,
        [this, kind, place] { Q_EMIT limitChosen(limitcommands::usualLimit(kind, place)); });
}

/// Names that the file or the traffic knows.
QList<QByteArray> AddLimitMenu::properties() const
{
    QSet<QByteArray> names;
    if (const auto configuration = m_draft.configuration()) {
        for (const config::LimitRule &rule : configuration->limits) {
            if (rule.segment.kind == SegmentKind::Property)
                names.insert(rule.segment.property);
        }
    }
    constexpr int MostSubjects = 2000; // names repeat; a menu need not read a hundred thousand
    const insight::UsageBook &book = m_usage.book();
    for (int i = 0; i < std::min(book.subjectCount(), MostSubjects); ++i) {
        const config::Segment &segment = book.subject(i).id.segment;
        if (segment.kind == SegmentKind::Property)
            names.insert(segment.property);
    }
    QList<QByteArray> sorted(names.cbegin(), names.cend());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

void AddLimitMenu::askForProperty(NewKind kind, const LimitPlace &scope)
{
    auto *dialog = new QInputDialog(parentWidget());
    dialog->setObjectName(u"propertyInputDialog"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Add limit"));
    dialog->setLabelText(tr("Count per property, sent as Helicone-Property-<name>:"));
    connect(
        dialog, &QInputDialog::textValueSelected, this, [this, kind, scope](const QString &text) {
            static const QRegularExpression name(u"^[A-Za-z0-9_-]{1,64}$"_s);
            if (!name.match(text.trimmed()).hasMatch())
                return;
            LimitPlace place = scope;
            place.segment = {SegmentKind::Property, text.trimmed().toLower().toUtf8()};
            Q_EMIT limitChosen(limitcommands::usualLimit(kind, place));
        });
    dialog->open();
}

} // namespace sluice::ui
