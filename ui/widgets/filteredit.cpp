// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/filteredit.h"

#include "ui/widgets/fieldedit.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QToolTip>

namespace sluice::ui {
namespace {

constexpr int IconLeft = 8;
constexpr int FirstChip = 30;
constexpr int ChipPadding = 6;
constexpr int ChipGap = 8;
constexpr int CrossSize = 10;
constexpr int MinimumEdit = 96;

} // namespace

FilterEdit::FilterEdit(const QString &name, QWidget *parent)
    : QWidget(parent), m_edit(new QLineEdit(this))
{
    setAccessibleName(name);
    m_edit->setAccessibleName(name);
    m_edit->setFrame(false);
    m_edit->installEventFilter(this);
    setFocusProxy(m_edit);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_edit, &QLineEdit::textEdited, this, [this] {
        m_focusedChip = -1;
        Q_EMIT queryChanged(query());
    });
    connect(m_edit, &QLineEdit::returnPressed, this, [this] { Q_EMIT submitted(m_edit->text()); });
}

void FilterEdit::setPlaceholderText(const QString &text)
{
    m_edit->setPlaceholderText(text);
}

void FilterEdit::setChips(const QList<Chip> &chips)
{
    if (m_chips == chips)
        return;
    m_chips = chips;
    m_focusedChip = -1;
    relayout();
}

QString FilterEdit::text() const
{
    return m_edit->text();
}

void FilterEdit::setText(const QString &text)
{
    m_edit->setText(text);
}

QString FilterEdit::query() const
{
    QStringList parts;
    for (const Chip &chip : m_chips)
        parts << chip.text;
    if (!m_edit->text().trimmed().isEmpty())
        parts << m_edit->text().trimmed();
    return parts.join(u' ');
}

void FilterEdit::setCountText(const QString &text)
{
    if (m_count == text)
        return;
    m_count = text;
    relayout();
}

void FilterEdit::setError(const QString &message)
{
    if (m_error == message)
        return;
    m_error = message;
    setToolTip(message);
    m_edit->setToolTip(message);
    m_edit->setAccessibleDescription(message);
    relayout();
}

QSize FilterEdit::sizeHint() const
{
    return {480, std::max(metrics::FilterHeight, metrics::rowHeight(fontMetrics()) + 2)};
}

QSize FilterEdit::minimumSizeHint() const
{
    return {200, sizeHint().height()};
}

int FilterEdit::trailWidth() const
{
    int width = metrics::CellPadding;
    if (!m_count.isEmpty())
        width += int(std::ceil(textWidth(m_count, Theme::font(FontRole::Small, font()))))
            + metrics::CellPadding;
    if (!m_error.isEmpty())
        width += metrics::SignSize + metrics::CellPadding;
    return width;
}

void FilterEdit::relayout()
{
    const QFont small = Theme::font(FontRole::Small, font());
    const int chipHeight = std::max(metrics::FilterChipHeight, QFontMetrics(small).height() + 4);
    const int limit = width() - trailWidth() - MinimumEdit;
    int x = FirstChip;
    m_boxes.clear();
    for (const Chip &chip : std::as_const(m_chips)) {
        const QString words = chip.name.isEmpty() ? chip.value : chip.name + u' ' + chip.value;
        int wide = int(std::ceil(textWidth(words, small))) + 2 * ChipPadding + 8 + CrossSize;
        wide = std::max(CrossSize + 2 * ChipPadding, std::min(wide, limit - x));
        const QRectF box(x, std::floor((height() - chipHeight) / 2.0), wide, chipHeight);
        m_boxes.append(visualRect(layoutDirection(), rect(), box).toRect());
        x += wide + ChipGap;
    }
    const QRectF line(x - 2, 1, std::max(20, width() - trailWidth() - x), height() - 2);
    m_edit->setGeometry(visualRect(layoutDirection(), rect(), line).toRect());
    update();
}

QRect FilterEdit::crossRect(int chip) const
{
    const QRect box = m_boxes.value(chip);
    QRect cross(
        box.right() - ChipPadding - CrossSize, box.top(), CrossSize + ChipPadding, box.height());
    if (layoutDirection() == Qt::RightToLeft)
        cross.moveLeft(box.left());
    return cross;
}

int FilterEdit::chipAt(QPoint position) const
{
    for (int i = 0; i < m_boxes.size(); ++i) {
        if (m_boxes.at(i).contains(position))
            return i;
    }
    return -1;
}

void FilterEdit::removeChip(int index)
{
    if (index < 0 || index >= m_chips.size())
        return;
    m_chips.removeAt(index);
    m_focusedChip = -1;
    relayout();
    Q_EMIT chipRemoved(index);
    Q_EMIT queryChanged(query());
}

void FilterEdit::mousePressEvent(QMouseEvent *event)
{
    m_pressedChip = chipAt(event->position().toPoint());
    m_edit->setFocus(Qt::MouseFocusReason);
}

void FilterEdit::mouseReleaseEvent(QMouseEvent *event)
{
    const int chip = std::exchange(m_pressedChip, -1);
    const QPoint at = event->position().toPoint();
    if (chip < 0 || chip != chipAt(at))
        return;
    if (crossRect(chip).contains(at)) {
        removeChip(chip);
        return;
    }
    m_focusedChip = chip;
    update();
}

// Keys of the line edit that reach the chips: left and backspace at its start, delete on a chip.
bool FilterEdit::handleKey(int key)
{
    if (key == Qt::Key_Escape) {
        escape();
        return true;
    }
    if (m_focusedChip >= 0)
        return handleChipKey(key);
    const bool atStart = m_edit->cursorPosition() == 0 && !m_edit->hasSelectedText();
    const bool towards = key == Qt::Key_Left || key == Qt::Key_Backspace;
    if (!atStart || !towards || m_chips.isEmpty())
        return false;
    m_focusedChip = int(m_chips.size()) - 1;
    update();
    return true;
}

bool FilterEdit::handleChipKey(int key)
{
    const int last = int(m_chips.size()) - 1;
    if (key == Qt::Key_Delete || key == Qt::Key_Backspace)
        removeChip(m_focusedChip);
    else if (key == Qt::Key_Left)
        m_focusedChip = std::max(0, m_focusedChip - 1);
    else if (key == Qt::Key_Right)
        m_focusedChip = m_focusedChip == last ? -1 : m_focusedChip + 1;
    else
        return false;
    update();
    return true;
}

void FilterEdit::escape()
{
    if (m_edit->text().isEmpty() && m_chips.isEmpty()) {
        Q_EMIT cancelled();
        return;
    }
    m_edit->clear();
    m_chips.clear();
    m_focusedChip = -1;
    relayout();
    Q_EMIT queryChanged(QString());
}

bool FilterEdit::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_edit) {
        if (event->type() == QEvent::KeyPress)
            return handleKey(static_cast<QKeyEvent *>(event)->key());
        if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) {
            m_focusedChip = -1;
            update();
        }
    }
    return QWidget::eventFilter(watched, event);
}

void FilterEdit::resizeEvent(QResizeEvent *)
{
    relayout();
}

void FilterEdit::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::LayoutDirectionChange)
        relayout();
}

bool FilterEdit::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && m_error.isEmpty()) {
        const int chip = chipAt(static_cast<QHelpEvent *>(event)->pos());
        if (chip >= 0) {
            QToolTip::showText(
                static_cast<QHelpEvent *>(event)->globalPos(), m_chips.at(chip).text, this);
            return true;
        }
    }
    return QWidget::event(event);
}

void FilterEdit::paintChips(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    for (int i = 0; i < m_chips.size(); ++i) {
        const QRect box = m_boxes.at(i);
        const bool focused = i == m_focusedChip;
        const QColor outline = focused ? colours.solid(State::Normal)
            : colours.isHighContrast() ? colours.text()
                                       : QColor(Qt::transparent);
        drawOutline(painter, box, outline, focused || colours.isHighContrast() ? 1 : 0,
            colours.filterChip());
        const QString name = m_chips.at(i).name.isEmpty() ? QString() : m_chips.at(i).name + u' ';
        const QRectF words = QRectF(box).adjusted(ChipPadding, 0, -ChipPadding - CrossSize - 4, 0);
        const qreal used = textWidth(name, small);
        const QRectF first(
            words.left(), words.top(), std::min(used, words.width()), words.height());
        drawLine(
            painter, visualRect(layoutDirection(), words, first), name, small, colours.second());
        const QRectF rest(words.left() + used, words.top(), words.width() - used, words.height());
        drawLine(painter, visualRect(layoutDirection(), words, rest), m_chips.at(i).value, small,
            colours.text());
        const QRect cross = crossRect(i);
        const QPointF centre(cross.left() + CrossSize / 2.0
                + (layoutDirection() == Qt::RightToLeft ? ChipPadding : 0),
            QRectF(box).center().y());
        paintSign(painter, centre, Sign::Cross, colours.second(), 7);
    }
}

void FilterEdit::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    const QRectF outer(rect());
    drawOutline(&painter, outer, Qt::transparent, 0, colours.base());
    const QRectF funnel(
        IconLeft, (height() - metrics::IconSize) / 2.0, metrics::IconSize, metrics::IconSize);
    paintIcon(
        &painter, visualRect(layoutDirection(), outer, funnel), Icon::Filter, colours.second());
    paintChips(&painter);
    qreal right = outer.right() - metrics::CellPadding;
    if (!m_error.isEmpty()) {
        const QRectF box(right - metrics::SignSize, 0, metrics::SignSize, height());
        paintSign(&painter, visualRect(layoutDirection(), outer, box).center(), Sign::Cross,
            colours.solid(State::Refused));
        right -= metrics::SignSize + metrics::CellPadding;
    }
    const QRectF count(outer.left(), 0, right - outer.left(), height());
    drawLine(&painter, visualRect(layoutDirection(), outer, count), m_count,
        Theme::font(FontRole::Small, font()), colours.second(),
        layoutDirection() == Qt::RightToLeft ? Qt::AlignLeft : Qt::AlignRight);
    paintFieldOutline(&painter, outer, palette(), m_edit->hasFocus(), !m_error.isEmpty(), 1);
}

} // namespace sluice::ui
