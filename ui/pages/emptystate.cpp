// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/emptystate.h"

#include "ui/widgets/mainbutton.h"
#include "ui/widgets/theme.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace sluice::ui {

EmptyState::EmptyState(QWidget *parent)
    : QWidget(parent),
      m_title(new QLabel(this)),
      m_text(new QLabel(this)),
      m_action(new QPushButton(this))
{
    setObjectName(u"EmptyState"_s);
    m_title->setObjectName(u"emptyTitleLabel"_s);
    m_text->setObjectName(u"emptyTextLabel"_s);
    m_text->setTextFormat(Qt::PlainText);
    m_action->setObjectName(u"emptyActionPushButton"_s);
    Theme::setRole(m_title, FontRole::Head);
    Theme::setRole(m_text, FontRole::Text, true);
    m_text->setWordWrap(true);
    m_text->setMaximumWidth(560);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 48, 16, 16);
    layout->setSpacing(8);
    layout->addWidget(m_title);
    layout->addWidget(m_text);
    layout->addSpacing(8);
    layout->addWidget(m_action, 0, Qt::AlignLeft);
    layout->addStretch();
    connect(m_action, &QPushButton::clicked, this, &EmptyState::actionRequested);
}

EmptyState::~EmptyState() = default;

void EmptyState::showText(const QString &title, const QString &text, const QString &action)
{
    m_title->setText(title);
    m_text->setText(text);
    m_text->setVisible(!text.isEmpty());
    m_action->setText(action);
    setUpPushButton(m_action); // as wide as its text
    m_action->setVisible(!action.isEmpty());
}

QString EmptyState::title() const
{
    return m_title->text();
}

} // namespace sluice::ui
