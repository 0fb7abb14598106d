// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/addlimitmenu.h"

#include "core/insight/labels.h"
#include "ui/models/limitfields.h"

#include <QInputDialog>
#include <QRegularExpression>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::LimitScope;
using config::SegmentKind;
using session::LimitPlace;

namespace {

/// Limits under "usage-limits" and the like stand beside those that the menu adds.
bool takesItsPlace(const config::LimitRule &rule)
{
    const QString key = rule.path.value(rule.scope == LimitScope::Router ? 3 : 2);
    return key.startsWith(u"per-"_s) || key == u"shared"_s;
}

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
    m_taken.clear();
    const auto configuration = m_draft.configuration();
    if (!configuration)
        return;
    for (const config::LimitRule &rule : configuration->limits) {
        if (takesItsPlace(rule))
            m_taken.insert(limitfields::nameAt({rule.scope, rule.router, rule.segment}));
    }
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
    LimitPlace place = scope;
    for (const SegmentKind kind :
        {SegmentKind::ApiKey, SegmentKind::EndUser, SegmentKind::Team, SegmentKind::TeamMember}) {
        place.segment = {kind, {}};
        addPlace(menu, place);
    }
    const QList<QByteArray> names = properties();
    for (const QByteArray &name : names) {
        place.segment = {SegmentKind::Property, name};
        addPlace(menu, place);
    }
    menu->addAction(tr("per another property…"), this, [this, scope] { askForProperty(scope); });
    place.segment = {SegmentKind::Shared, {}};
    addPlace(menu, place);
}

void AddLimitMenu::addPlace(QMenu *menu, const LimitPlace &place)
{
    const QString title = insight::segmentLabel(place.segment);
    QAction *action = menu->addAction(title);
    if (m_taken.contains(limitfields::nameAt(place))) {
        action->setEnabled(false);
        action->setText(tr("%1, exists already").arg(title));
    }
    connect(action, &QAction::triggered, this, [this, place] { Q_EMIT placeChosen(place); });
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

void AddLimitMenu::askForProperty(const LimitPlace &scope)
{
    auto *dialog = new QInputDialog(parentWidget());
    dialog->setObjectName(u"propertyInputDialog"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Add limit"));
    dialog->setLabelText(tr("Count per property, sent as Helicone-Property-<name>:"));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, scope](const QString &text) {
        static const QRegularExpression name(u"^[A-Za-z0-9_-]+$"_s);
        if (!name.match(text.trimmed()).hasMatch())
            return;
        LimitPlace place = scope;
        place.segment = {SegmentKind::Property, text.trimmed().toLower().toUtf8()};
        Q_EMIT placeChosen(place);
    });
    dialog->open();
}

} // namespace sluice::ui
