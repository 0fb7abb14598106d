// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/pathdata.h"

#include <QList>

namespace sluice::ui {
namespace {

bool isDigit(char letter)
{
    return letter >= '0' && letter <= '9';
}

class PathReader
{
public:
    explicit PathReader(QLatin1StringView data) : m_data(data) { }

    QPainterPath read()
    {
        while (m_at < m_data.size()) {
            const char letter = m_data.at(m_at).toLatin1();
            if (letter >= 'A' && letter <= 'Z') {
                m_command = letter;
                ++m_at;
                if (letter == 'Z')
                    m_path.closeSubpath();
            } else if (letter == ' ' || letter == ',') {
                ++m_at;
            } else if (!step()) {
                break;
            }
        }
        return m_path;
    }

private:
    double number()
    {
        while (m_at < m_data.size() && (m_data.at(m_at) == u' ' || m_data.at(m_at) == u','))
            ++m_at;
        const qsizetype start = m_at;
        while (m_at < m_data.size()
            && (isDigit(m_data.at(m_at).toLatin1()) || m_data.at(m_at) == u'.'
                || (m_at == start && m_data.at(m_at) == u'-')))
            ++m_at;
        return QString(m_data.sliced(start, m_at - start)).toDouble();
    }

    QPointF point()
    {
        const double x = number();
        return {x, number()};
    }

    void line()
    {
        const QPointF from = m_path.currentPosition();
        if (m_command == 'H')
            m_path.lineTo(number(), from.y());
        else if (m_command == 'V')
            m_path.lineTo(from.x(), number());
        else
            m_path.lineTo(point());
    }

    void shape()
    {
        const QPointF at = point();
        if (m_command == 'O') {
            const double radius = number();
            m_path.addEllipse(at, radius, radius);
        } else if (m_command == 'R') {
            const double width = number();
            const double height = number();
            const double radius = number();
            m_path.addRoundedRect(QRectF(at.x(), at.y(), width, height), radius, radius);
        } else {
            const double radius = number();
            const double start = number();
            const QRectF box(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius);
            m_path.arcMoveTo(box, start);
            m_path.arcTo(box, start, number());
        }
    }

    void curve()
    {
        const QPointF first = point();
        const QPointF second = point();
        if (m_command == 'Q')
            m_path.quadTo(first, second);
        else
            m_path.cubicTo(first, second, point());
    }

    bool step()
    {
        const qsizetype before = m_at;
        switch (m_command) {
        case 'M':
            m_path.moveTo(point());
            m_command = 'L'; // further pairs are lines, as in SVG
            break;
        case 'L':
        case 'H':
        case 'V':
            line();
            break;
        case 'C':
        case 'Q':
            curve();
            break;
        case 'O':
        case 'R':
        case 'A':
            shape();
            break;
        default:
            return false;
        }
        return m_at > before;
    }

    QLatin1StringView m_data;
    QPainterPath m_path;
    qsizetype m_at = 0;
    char m_command = 0;
};

} // namespace

QPainterPath parsePath(QLatin1StringView data)
{
    return PathReader(data).read();
}

} // namespace sluice::ui
