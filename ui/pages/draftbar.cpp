// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/draftbar.h"

#include "ui/widgets/mainbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;

DraftBar::DraftBar(session::ConfigDraft &draft, QWidget *parent)
    : QWidget(parent),
      m_draft(draft),
      m_count(new QLabel(this)),
      m_obstacle(new QLabel(this)),
      m_discard(new QPushButton(tr("Discard"), this)),
      m_review(new QPushButton(tr("Review and apply"), this))
{
    m_count->setObjectName(u"changeCountLabel"_s);
    m_obstacle->setObjectName(u"obstacleLabel"_s);
    m_discard->setObjectName(u"discardPushButton"_s);
    m_review->setObjectName(u"reviewPushButton"_s);
    for (QPushButton *button : {m_discard, m_review}) {
        setUpPushButton(button);
        button->setAutoDefault(false);
    }
    auto *row = new QHBoxLayout;
    row->setContentsMargins(
        metrics::PageMargin, metrics::CellPadding, metrics::PageMargin, metrics::CellPadding);
    row->setSpacing(metrics::CellPadding);
    row->addWidget(m_count);
    row->addWidget(m_obstacle);
    row->addStretch();
    row->addWidget(m_discard);
    row->addWidget(m_review);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(Theme::createRule(Qt::Horizontal, this));
    layout->addLayout(row);
    connect(&m_draft, &session::ConfigDraft::changed, this, &DraftBar::update);
    connect(m_discard, &QPushButton::clicked, this, [this] { m_draft.discard(); });
    connect(m_review, &QPushButton::clicked, this, &DraftBar::reviewRequested);
    update();
}

DraftBar::~DraftBar() = default;

void DraftBar::update()
{
    const int changes = m_draft.changeCount();
    const QString obstacle = changes == 0 ? QString() : whyNotApplicable(m_draft);
    m_count->setText(changes == 0 ? tr("No changes in the draft")
            : changes == 1        ? tr("1 change in the draft")
                                  : tr("%1 changes in the draft").arg(changes));
    QPalette quiet;
    quiet.setColor(QPalette::WindowText,
        changes == 0 ? StatusPalette::of(palette()).second() : palette().color(QPalette::Text));
    m_count->setPalette(quiet);
    QPalette red;
    red.setColor(QPalette::WindowText, StatusPalette::of(palette()).word(State::Refused));
    m_obstacle->setPalette(red);
    m_obstacle->setText(obstacle);
    m_discard->setEnabled(changes > 0);
    m_review->setEnabled(changes > 0 && obstacle.isEmpty());
    const QString hint = changes == 0 ? tr("Change a limit first") : obstacle;
    m_review->setToolTip(hint);
    m_review->setAccessibleDescription(hint);
}

QString whyNotApplicable(const session::ConfigDraft &draft)
{
    const config::Findings findings = draft.findings();
    const auto errors = std::count_if(findings.cbegin(), findings.cend(),
        [](const config::Finding &each) { return each.severity == config::Severity::Error; });
    if (errors > 0)
        return errors == 1 ? DraftBar::tr("fix 1 error to apply")
                           : DraftBar::tr("fix %1 errors to apply").arg(errors);
    if (draft.state() == session::ConfigDraft::State::DiskNewer)
        return DraftBar::tr("the file has changed: take theirs or keep mine first");
    return {};
}

} // namespace sluice::ui
