// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/shownbodies.h"

#include <QJsonDocument>

#include <algorithm>

namespace sluice::session {

using insight::RecordedBodies;
using insight::RecordedBody;

namespace {

constexpr qsizetype MostIndented = 4 * insight::MostKeptBytes; ///< bytes; more is shown as it was
constexpr int Step = 2; ///< spaces

bool isSpace(char letter)
{
    return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t';
}

/// Puts valid JSON into lines. Names, their order and figures stay as they were written, which no
/// document that is read and written again would keep.
class Indenter
{
public:
    explicit Indenter(QByteArrayView json) : m_json(json) { }

    /// Nothing if it grows too large.
    std::optional<QByteArray> run()
    {
        for (m_at = 0; m_at < m_json.size() && m_out.size() <= MostIndented; ++m_at) {
            const char letter = m_json[m_at];
            if (letter == '"')
                copyString();
            else if (!isSpace(letter))
                put(letter);
        }
        return m_out.size() <= MostIndented ? std::optional(m_out) : std::nullopt;
    }

private:
    /// Leaves the place at the closing quote.
    void copyString()
    {
        const qsizetype begin = m_at++;
        while (m_at < m_json.size() && m_json[m_at] != '"')
            m_at += m_json[m_at] == '\\' ? 2 : 1;
        m_out.append(m_json.sliced(begin, std::min(m_at + 1, m_json.size()) - begin));
    }

    void put(char letter)
    {
        switch (letter) {
        case '{':
        case '[':
            m_out += letter;
            open();
            break;
        case '}':
        case ']':
            --m_depth;
            breakLine();
            m_out += letter;
            break;
        case ',':
            m_out += letter;
            breakLine();
            break;
        case ':':
            m_out += ": ";
            break;
        default:
            m_out += letter;
        }
    }

    /// What is empty stays in its line.
    void open()
    {
        qsizetype next = m_at + 1;
        while (next < m_json.size() && isSpace(m_json[next]))
            ++next;
        if (next < m_json.size() && (m_json[next] == '}' || m_json[next] == ']')) {
            m_out += m_json[next];
            m_at = next;
            return;
        }
        ++m_depth;
        breakLine();
    }

    void breakLine()
    {
        m_out += '\n';
        m_out.append(Step * m_depth, ' ');
    }

    QByteArrayView m_json;
    QByteArray m_out;
    qsizetype m_at = 0;
    qsizetype m_depth = 0;
};

bool isJson(const QByteArray &text)
{
    QJsonParseError error{};
    static_cast<void>(QJsonDocument::fromJson(text, &error));
    return error.error == QJsonParseError::NoError;
}

} // namespace

ShownBody shown(const RecordedBody &body)
{
    ShownBody shown{.type = QString::fromUtf8(body.type),
        .text = {},
        .size = body.size,
        .kept = body.bytes.size(),
        .isText = body.bytes.isValidUtf8() && !body.bytes.contains('\0')};
    if (!shown.isText)
        return shown;
    std::optional<QByteArray> lines;
    if (!body.isCut() && isJson(body.bytes))
        lines = Indenter(body.bytes).run();
    shown.text = QString::fromUtf8(lines.value_or(body.bytes));
    return shown;
}

ShownBodies shown(const RecordedBodies &bodies)
{
    return {
        shown(bodies.request), bodies.answer ? std::optional(shown(*bodies.answer)) : std::nullopt};
}

} // namespace sluice::session
