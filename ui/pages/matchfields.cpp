// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/matchfields.h"

#include "ui/models/limitcommands.h"
#include "ui/models/limitfields.h"
#include "ui/pages/formrow.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QLabel>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::LimitMatch;

MatchFields::MatchFields(session::ConfigDraft &draft, QWidget *parent)
    : QWidget(parent), m_draft(draft)
{
    setObjectName(u"matchFields"_s);
    setupRows();
}

MatchFields::~MatchFields()
{
    for (const GlobRow &each : m_rows)
        delete each.row;
    delete m_properties;
}

void MatchFields::setupRows()
{
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(metrics::CellPadding);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(4, 1);
    grid->setColumnMinimumWidth(0, fontMetrics().horizontalAdvance(u"Counted per__"_s));
    auto *title = new QLabel(tr("Applies to"), this);
    m_summary = new QLabel(this);
    m_summary->setObjectName(u"matchSummaryLabel"_s);
    m_narrow = new FlatButton(tr("Narrow"), this);
    m_narrow->setObjectName(u"narrowToolButton"_s);
    m_narrow->setLink(true);
    Theme::setRole(title, FontRole::Text, true);
    grid->addWidget(title, 0, 0);
    grid->addWidget(m_summary, 0, 1);
    grid->addWidget(m_narrow, 0, 2, 1, 3, Qt::AlignLeft);
    int next = 1;
    const auto addRow = [&](const QString &text, const QString &name, const QString &example) {
        auto *row = new FormRow(grid, next, text, name, this);
        row->setWide();
        row->edit()->setPlaceholderText(example);
        next += 2;
        return row;
    };
    m_rows = {
        {addRow(tr("Models"), u"matchModelsLineEdit"_s, u"gpt-4*, o1"_s), &LimitMatch::models},
        {addRow(tr("Keys"), u"matchKeysLineEdit"_s, u"ci, batch-*"_s), &LimitMatch::keys},
        {addRow(tr("Teams"), u"matchTeamsLineEdit"_s, u"core"_s), &LimitMatch::teams},
        {addRow(tr("Users"), u"matchUsersLineEdit"_s, u"*@example.com"_s), &LimitMatch::users},
        {addRow(tr("Providers"), u"matchProvidersLineEdit"_s, u"openai"_s),
            &LimitMatch::providers}};
    m_properties = addRow(tr("Properties"), u"matchPropertiesLineEdit"_s, u"tier: free"_s);
    for (const GlobRow &each : std::as_const(m_rows)) {
        connect(each.row, &FormRow::committed, this, [this, each](const QString &text) {
            LimitMatch match = m_rule ? m_rule->match : LimitMatch();
            match.*each.globs = limitfields::parseGlobs(text);
            each.row->report(commit(match));
        });
    }
    m_properties->setCheck([](const QString &text) {
        const auto properties = limitfields::parseProperties(text);
        return properties ? QString() : properties.error().message;
    });
    connect(m_properties, &FormRow::committed, this, [this](const QString &text) {
        LimitMatch match = m_rule ? m_rule->match : LimitMatch();
        match.properties = *limitfields::parseProperties(text);
        m_properties->report(commit(match));
    });
    connect(m_narrow, &QToolButton::clicked, this, [this] {
        m_isUnfolded = true;
        updateRows();
        m_rows.constFirst().row->edit()->setFocus(Qt::TabFocusReason);
    });
}

void MatchFields::showLimit(const config::LimitRule &rule, bool readOnly)
{
    const bool isOther = !m_rule || m_rule->name != rule.name;
    m_rule = rule;
    m_isReadOnly = readOnly;
    if (isOther) {
        m_isUnfolded = false;
        m_properties->forget();
        for (const GlobRow &each : std::as_const(m_rows))
            each.row->forget();
    }
    for (const GlobRow &each : std::as_const(m_rows)) {
        each.row->show(limitfields::globsText(rule.match.*each.globs));
        each.row->setReadOnly(readOnly);
    }
    m_properties->show(limitfields::propertiesText(rule.match.properties));
    m_properties->setReadOnly(readOnly);
    updateRows();
}

void MatchFields::updateRows()
{
    const bool isEvery = m_rule->match.isEmpty();
    m_summary->setText(isEvery ? tr("every request") : tr("requests that match"));
    m_narrow->setVisible(!m_isUnfolded && !m_isReadOnly);
    m_narrow->setText(isEvery ? tr("Narrow") : tr("Edit"));
    for (const GlobRow &each : std::as_const(m_rows))
        each.row->setVisible(m_isUnfolded || !(m_rule->match.*each.globs).isEmpty());
    m_properties->setVisible(m_isUnfolded || !m_rule->match.properties.isEmpty());
}

Result<void> MatchFields::commit(const LimitMatch &match)
{
    if (!m_rule || m_isReadOnly)
        return {};
    return limitcommands::setMatch(m_draft, config::LimitRule(*m_rule), match);
}

} // namespace sluice::ui
