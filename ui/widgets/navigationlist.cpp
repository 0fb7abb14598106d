// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/navigationlist.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/scrollbar.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>

namespace sluice::ui {
namespace {

enum NavigationRole { IdRole = Qt::UserRole + 1, PageIconRole, BadgeRole, DotRole };

constexpr int Inset = 8; // between the edge of the navigation and the selection

class NavigationDelegate : public QStyledItemDelegate
{
public:
    explicit NavigationDelegate(NavigationList *list) : QStyledItemDelegate(list), m_list(list) { }

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const int row = std::max(metrics::NavigationRow, option.fontMetrics.height() + 12);
        const bool first = index.row() == 0;
        if (isGroup(index))
            return {10, m_list->isCollapsed() ? (first ? 4 : 13) : row + 4};
        return {10, row};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index) const override
    {
        const StatusPalette colours = StatusPalette::of(option.palette);
        painter->save();
        if (isGroup(index))
            paintGroup(painter, option, index, colours);
        else
            paintPage(painter, option, index, colours);
        painter->restore();
    }

private:
    static bool isGroup(const QModelIndex &index) { return !index.data(IdRole).isValid(); }

    void paintGroup(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index,
        const StatusPalette &colours) const
    {
        if (m_list->isCollapsed()) {
            if (index.row() > 0)
                painter->fillRect(QRect(option.rect.left() + Inset, option.rect.center().y(),
                                      option.rect.width() - 2 * Inset, 1),
                    colours.rule());
            return;
        }
        const QRectF box = QRectF(option.rect).adjusted(metrics::PageMargin, 4, -Inset, 0);
        drawLine(painter, box, index.data(Qt::DisplayRole).toString(),
            Theme::font(FontRole::Small, option.font), colours.second(), lead(option));
    }

    static Qt::Alignment lead(const QStyleOptionViewItem &option)
    {
        return option.direction == Qt::RightToLeft ? Qt::AlignRight : Qt::AlignLeft;
    }

    void paintPage(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index,
        const StatusPalette &colours) const
    {
        const bool current = option.state.testFlag(QStyle::State_Selected);
        const bool hovered = option.state.testFlag(QStyle::State_MouseOver);
        const QRectF outer(option.rect);
        const QRectF body = outer.adjusted(Inset, 1, -Inset, -1);
        if (current)
            drawOutline(painter, body, Qt::transparent, 0, colours.navigationSelection());
        else if (hovered)
            drawOutline(painter, body, Qt::transparent, 0,
                StatusPalette::mix(colours.window(), colours.text(), 0.06));
        if (current && m_list->hasFocus())
            drawOutline(painter, body, colours.solid(State::Normal), 1);
        const QColor text =
            current && colours.isHighContrast() ? colours.highlightedText() : colours.text();
        const qreal left = m_list->isCollapsed() ? outer.center().x() - metrics::IconSize / 2.0
                                                 : outer.left() + metrics::PageMargin;
        const QRectF icon(left, outer.center().y() - metrics::IconSize / 2.0, metrics::IconSize,
            metrics::IconSize);
        paintIcon(painter, visualRect(option.direction, outer, icon),
            Icon(index.data(PageIconRole).toInt()), current ? text : colours.neutral(0.85));
        const qreal trail = paintMark(painter, option, index, colours);
        if (m_list->isCollapsed())
            return;
        const QRectF box(icon.right() + 10, outer.top(), outer.right() - icon.right() - 10 - trail,
            outer.height());
        const QFont font = current ? Theme::font(FontRole::Strong, option.font) : option.font;
        drawLine(painter, visualRect(option.direction, outer, box),
            index.data(Qt::DisplayRole).toString(), font, text, lead(option));
    }

    // Badge or dot; returns the space it takes from the text.
    qreal paintMark(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index,
        const StatusPalette &colours) const
    {
        const int badge = index.data(BadgeRole).toInt();
        if (badge > 0 && !m_list->isCollapsed())
            return paintBadge(painter, option, badge, colours);
        if (badge > 0)
            paintDot(painter, option, Sign::Square, colours.solid(State::Refused));
        else if (index.data(DotRole).toBool())
            paintDot(painter, option, Sign::Disc, colours.solid(State::Normal));
        return 2 * metrics::PageMargin;
    }

    void paintDot(QPainter *painter, const QStyleOptionViewItem &option, Sign sign,
        const QColor &colour) const
    {
        const bool small = m_list->isCollapsed();
        const QRectF outer(option.rect);
        const QPointF at(outer.right() - (small ? 12 : metrics::PageMargin + 6),
            outer.center().y() - (small ? 7 : 0));
        const QRectF box(at.x() - 4, at.y() - 4, 8, 8);
        paintSign(painter, visualRect(option.direction, outer, box).center(), sign, colour,
            small ? 6 : 7);
    }

    static qreal paintBadge(QPainter *painter, const QStyleOptionViewItem &option, int badge,
        const StatusPalette &colours)
    {
        const QRectF outer(option.rect);
        const QFont font = Theme::font(FontRole::Small, option.font);
        const QString count = badge > 99 ? QStringLiteral("99+") : QString::number(badge);
        const qreal height = QFontMetrics(font).height();
        const qreal width = std::max(height + 1, textWidth(count, font) + 10);
        QRectF box(outer.right() - metrics::PageMargin - width,
            std::round(outer.center().y() - height / 2), width, height);
        box = visualRect(option.direction, outer, box);
        const bool contrast = colours.isHighContrast();
        const QColor ground = StatusPalette::mix(
            colours.window(), colours.solid(State::Refused), colours.isDark() ? 0.3 : 0.22);
        drawOutline(painter, box, contrast ? colours.text() : QColor(Qt::transparent),
            contrast ? 1 : 0, contrast ? colours.base() : ground, height / 2);
        drawLine(painter, box.adjusted(0, 0, 1, 0), count, font, colours.text(), Qt::AlignHCenter);
        return width + metrics::PageMargin + 4;
    }

    NavigationList *m_list;
};

} // namespace

NavigationList::NavigationList(QWidget *parent)
    : QListView(parent), m_model(new QStandardItemModel(this))
{
    setModel(m_model);
    setItemDelegate(new NavigationDelegate(this));
    setFrameShape(QFrame::NoFrame);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setVerticalScrollBar(new ScrollBar(Qt::Vertical, this));
    setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Window);
    setBackgroundRole(QPalette::Window);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    setAccessibleName(tr("Pages"));
}

void NavigationList::addGroup(const QString &title)
{
    auto *item = new QStandardItem(title);
    item->setFlags(Qt::NoItemFlags);
    m_model->appendRow(item);
}

void NavigationList::addPage(const QString &id, Icon icon, const QString &title)
{
    auto *item = new QStandardItem(title);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    item->setData(id, IdRole);
    item->setData(int(icon), PageIconRole);
    item->setData(title, Qt::AccessibleTextRole);
    m_model->appendRow(item);
    if (!currentIndex().isValid())
        setCurrentIndex(item->index());
}

QModelIndex NavigationList::indexOf(const QString &id) const
{
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QModelIndex index = m_model->index(row, 0);
        if (index.data(IdRole).toString() == id && index.data(IdRole).isValid())
            return index;
    }
    return {};
}

QString NavigationList::currentPage() const
{
    return currentIndex().data(IdRole).toString();
}

void NavigationList::setCurrentPage(const QString &id)
{
    const QModelIndex index = indexOf(id);
    if (index.isValid())
        setCurrentIndex(index);
}

QStringList NavigationList::pages() const
{
    QStringList ids;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QString id = m_model->index(row, 0).data(IdRole).toString();
        if (!id.isEmpty())
            ids << id;
    }
    return ids;
}

void NavigationList::setData(const QString &id, int role, const QVariant &value)
{
    const QModelIndex index = indexOf(id);
    if (!index.isValid() || index.data(role) == value)
        return;
    m_model->setData(index, value, role);
    describe(index);
}

void NavigationList::describe(const QModelIndex &index)
{
    QString text = index.data(Qt::DisplayRole).toString();
    if (const int badge = index.data(BadgeRole).toInt(); badge > 0)
        text += u", " + QString::number(badge);
    if (index.data(DotRole).toBool())
        text += u", " + tr("changed");
    m_model->setData(index, text, Qt::AccessibleTextRole);
}

void NavigationList::setBadge(const QString &id, int count)
{
    setData(id, BadgeRole, count);
}

void NavigationList::setDot(const QString &id, bool visible)
{
    setData(id, DotRole, visible);
}

void NavigationList::setCollapsed(bool collapsed)
{
    if (m_collapsed == collapsed)
        return;
    m_collapsed = collapsed;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        QStandardItem *item = m_model->item(row);
        item->setToolTip(collapsed ? item->text() : QString());
    }
    setFixedWidth(sizeHint().width());
    scheduleDelayedItemsLayout();
    updateGeometry();
}

void NavigationList::followWindowWidth(int width)
{
    setCollapsed(width < metrics::CollapseWidth);
}

QSize NavigationList::sizeHint() const
{
    if (m_collapsed)
        return {metrics::NavigationCollapsed, 400};
    // Longer words (other languages, larger fonts) get the room they need.
    qreal widest = 0;
    for (int row = 0; row < m_model->rowCount(); ++row)
        widest = std::max(
            widest, textWidth(m_model->item(row)->text(), Theme::font(FontRole::Strong, font())));
    const int needed = int(std::ceil(widest)) + metrics::IconSize + 10 + 2 * metrics::PageMargin;
    return {std::max(metrics::NavigationWidth, needed), 400};
}

QSize NavigationList::minimumSizeHint() const
{
    return {m_collapsed ? metrics::NavigationCollapsed : sizeHint().width(), 120};
}

void NavigationList::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QListView::currentChanged(current, previous);
    const QString id = current.data(IdRole).toString();
    if (!id.isEmpty())
        Q_EMIT currentPageChanged(id);
}

void NavigationList::changeEvent(QEvent *event)
{
    QListView::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        scheduleDelayedItemsLayout();
        updateGeometry();
    }
}

} // namespace sluice::ui
