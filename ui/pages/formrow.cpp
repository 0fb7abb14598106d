// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/formrow.h"

#include "ui/widgets/fieldedit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QLabel>

namespace sluice::ui {

FormRow::FormRow(
    QGridLayout *grid, int row, const QString &title, const QString &name, QWidget *parent)
    : QObject(parent),
      m_title(new QLabel(title, parent)),
      m_edit(new FieldEdit(title, parent)),
      m_note(new QLabel(parent)),
      m_reset(new FlatButton(Icon::Undo, tr("was"), parent)),
      m_error(new QLabel(parent)),
      m_grid(grid),
      m_row(row)
{
    Theme::setRole(m_title, FontRole::Text, true);
    Theme::setRole(m_note, FontRole::Text, true);
    Theme::setRole(m_error, FontRole::Small);
    m_title->setBuddy(m_edit);
    m_edit->setObjectName(name);
    m_edit->setMaximumWidth(m_edit->fontMetrics().averageCharWidth() * 13);
    m_error->setWordWrap(true);
    m_error->hide();
    m_reset->hide();
    grid->addWidget(m_title, row, 0);
    grid->addWidget(m_edit, row, 1);
    grid->addWidget(m_note, row, 2, 1, 3);
    grid->addWidget(m_reset, row + 1, 1, 1, 4, Qt::AlignLeft);
    grid->addWidget(m_error, row + 1, 1, 1, 4);
    grid->setRowMinimumHeight(row + 1, metrics::CellPadding);
    connect(m_edit, &FieldEdit::cancelled, this, [this] {
        forget();
        m_edit->setText(m_shown);
        Q_EMIT typed(m_shown);
    });
    connect(m_edit, &QLineEdit::textEdited, this, [this](const QString &text) {
        const QString reason = m_check ? m_check(text) : QString();
        showError(reason);
        if (reason.isEmpty())
            Q_EMIT typed(text);
    });
    connect(m_edit, &QLineEdit::editingFinished, this, &FormRow::commit);
    connect(m_reset, &QToolButton::clicked, this, &FormRow::oldRequested);
}

// A field that goes away while it has the focus says that editing is finished.
FormRow::~FormRow()
{
    m_edit->disconnect(this);
}

void FormRow::setWide()
{
    m_edit->setMaximumWidth(QWIDGETSIZE_MAX);
    m_grid->removeWidget(m_edit);
    m_grid->addWidget(m_edit, m_row, 1, 1, 4);
}

void FormRow::setTitle(const QString &title)
{
    m_title->setText(title);
    m_edit->setAccessibleName(title);
}

void FormRow::setNote(const QString &note)
{
    m_note->setText(note);
}

void FormRow::setVisible(bool visible)
{
    for (QWidget *part : std::initializer_list<QWidget *>{m_title, m_edit, m_note})
        part->setVisible(visible);
    m_grid->setRowMinimumHeight(m_row + 1, visible ? metrics::CellPadding : 0);
    m_isVisible = visible;
    updateBelow();
}

// The reason against a text takes the place of what it was.
void FormRow::updateBelow()
{
    m_error->setVisible(m_isVisible && m_edit->hasError());
    m_reset->setVisible(m_isVisible && m_hasOld && !m_edit->hasError());
}

void FormRow::setReadOnly(bool readOnly)
{
    m_edit->setReadOnly(readOnly);
    m_reset->setEnabled(!readOnly);
}

void FormRow::show(const QString &text, const QString &old)
{
    m_shown = text;
    if (!m_edit->isModified() && m_edit->text() != text) {
        m_edit->setText(text);
        m_edit->setCursorPosition(0);
    }
    m_hasOld = !old.isEmpty() && old != text;
    if (m_hasOld)
        m_reset->setText(tr("was %1").arg(old));
    updateBelow();
}

void FormRow::forget()
{
    m_edit->setModified(false);
    showError({});
}

void FormRow::showError(const QString &reason)
{
    m_edit->setError(reason);
    QPalette red;
    red.setColor(QPalette::WindowText, StatusPalette::of(m_edit->palette()).word(State::Refused));
    m_error->setPalette(red);
    m_error->setText(reason);
    updateBelow();
}

void FormRow::report(const Result<void> &edited)
{
    showError(edited ? QString() : edited.error().message);
    if (!edited)
        return;
    m_edit->setModified(false);
    if (m_edit->text() != m_shown)
        m_edit->setText(m_shown);
}

void FormRow::commit()
{
    if (!m_edit->isModified() || m_edit->isReadOnly())
        return;
    const QString text = m_edit->text();
    const QString reason = m_check ? m_check(text) : QString();
    showError(reason);
    if (reason.isEmpty())
        Q_EMIT committed(text);
}

} // namespace sluice::ui
