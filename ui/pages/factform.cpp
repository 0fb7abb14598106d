// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/factform.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/theme.h"

#include <QFormLayout>
#include <QLabel>

namespace sluice::ui {

FactForm::FactForm(QWidget *parent) : QWidget(parent), m_layout(new QFormLayout(this))
{
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setHorizontalSpacing(metrics::ColumnGap);
    m_layout->setVerticalSpacing(metrics::CellPadding);
    m_layout->setFormAlignment(Qt::AlignTop | Qt::AlignLeft);
}

FactForm::~FactForm() = default;

void FactForm::setFact(const QString &name, const QString &value, const QString &toolTip)
{
    QLabel *&text = m_values[name];
    if (!text) {
        auto *label = new QLabel(name, this);
        Theme::setRole(label, FontRole::Text, true);
        text = new QLabel(this);
        text->setTextFormat(Qt::PlainText);
        text->setTextInteractionFlags(Qt::TextSelectableByMouse);
        text->setWordWrap(true);
        m_layout->addRow(label, text);
    }
    text->setText(value);
    text->setToolTip(toolTip);
    m_layout->setRowVisible(text, !value.isEmpty());
}

QString FactForm::fact(const QString &name) const
{
    const QLabel *value = m_values.value(name);
    return value ? value->text() : QString();
}

} // namespace sluice::ui
