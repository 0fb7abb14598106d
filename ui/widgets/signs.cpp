// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/signs.h"

#include "ui/widgets/statuspalette.h"

#include <QPainter>

namespace sluice::ui {
namespace {

void paintFilled(QPainter *painter, Sign sign)
{
    switch (sign) {
    case Sign::Disc:
        painter->drawEllipse(QPointF(), 3.6, 3.6);
        break;
    case Sign::Square:
        painter->drawRoundedRect(QRectF(-3.5, -3.5, 7, 7), 1, 1);
        break;
    case Sign::Triangle:
        painter->drawPolygon(QPolygonF{{0, -3.75}, {4, 3.5}, {-4, 3.5}});
        break;
    default:
        break;
    }
}

void paintOutlined(QPainter *painter, Sign sign)
{
    switch (sign) {
    case Sign::Check:
        painter->drawPolyline(QPolygonF{{-3.3, 0.4}, {-1, 2.7}, {3.4, -2.6}});
        break;
    case Sign::Diamond:
        painter->drawPolygon(QPolygonF{{0, -3.4}, {3.4, 0}, {0, 3.4}, {-3.4, 0}});
        break;
    case Sign::Dash:
        painter->drawLine(QPointF(-3, 0), QPointF(3, 0));
        break;
    case Sign::Ring:
        painter->drawEllipse(QPointF(), 3.3, 3.3);
        break;
    case Sign::Blocked:
        painter->drawEllipse(QPointF(), 3.6, 3.6);
        painter->drawLine(QPointF(-2.4, 2.4), QPointF(2.4, -2.4));
        break;
    case Sign::Cross:
        painter->drawLine(QPointF(-2.7, -2.7), QPointF(2.7, 2.7));
        painter->drawLine(QPointF(-2.7, 2.7), QPointF(2.7, -2.7));
        break;
    case Sign::Raised:
        painter->drawLine(QPointF(0, 3.4), QPointF(0, -3.2));
        painter->drawPolyline(QPolygonF{{-2.8, -0.4}, {0, -3.4}, {2.8, -0.4}});
        break;
    case Sign::Clock:
        painter->drawEllipse(QPointF(), 4.4, 4.4);
        painter->drawPolyline(QPolygonF{{0, -2.5}, {0, 0.2}, {1.7, 1.6}});
        break;
    default:
        break;
    }
}

} // namespace

Sign signOf(State state)
{
    switch (state) {
    case State::Normal:
        return Sign::Disc;
    case State::Near:
        return Sign::Triangle;
    case State::Refused:
        return Sign::Square;
    case State::Shadow:
        return Sign::Diamond;
    case State::Idle:
        return Sign::Dash;
    }
    return Sign::None;
}

void paintSign(QPainter *painter, QPointF centre, Sign sign, const QColor &colour, qreal size)
{
    if (sign == Sign::None)
        return;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->translate(centre);
    painter->scale(size / 8, size / 8);
    if (sign == Sign::Disc || sign == Sign::Square || sign == Sign::Triangle) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(colour);
        paintFilled(painter, sign);
    } else {
        const bool thin = sign == Sign::Ring || sign == Sign::Blocked || sign == Sign::Clock;
        painter->setPen(
            QPen(colour, thin ? 1.25 : 1.6, Qt::SolidLine, Qt::RoundCap, Qt::MiterJoin));
        painter->setBrush(Qt::NoBrush);
        paintOutlined(painter, sign);
    }
    painter->restore();
}

QColor signColour(const QPalette &palette, Sign sign, State state)
{
    const StatusPalette colours = StatusPalette::of(palette);
    if (sign == Sign::Check || (sign == Sign::Blocked && state != State::Refused))
        return colours.second();
    return colours.solid(state);
}

} // namespace sluice::ui
