// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/jsontext.h"

#include <algorithm>

namespace sluice::insight {

namespace {

constexpr char FirstPrintable = 0x20;

void appendEscaped(QByteArray &out, char c)
{
    constexpr auto digits = "0123456789abcdef";
    switch (c) {
    case '"':
    case '\\':
        out += '\\';
        out += c;
        return;
    case '\n':
        out += "\\n";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        out += "\\u00";
        out += digits[(c >> 4) & 0xF];
        out += digits[c & 0xF];
    }
}

bool isPlain(char c)
{
    // What is above ASCII is part of a longer sequence and stands for itself.
    return static_cast<uchar>(c) >= FirstPrintable && c != '"' && c != '\\';
}

} // namespace

void appendJsonText(QByteArray &out, QByteArrayView utf8)
{
    out += '"';
    if (std::all_of(utf8.begin(), utf8.end(), isPlain)) {
        out += utf8;
    } else {
        for (const char c : utf8) {
            if (isPlain(c))
                out += c;
            else
                appendEscaped(out, c);
        }
    }
    out += '"';
}

} // namespace sluice::insight
