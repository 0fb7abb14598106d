// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/filtercontroller.h"

#include "ui/widgets/filteredit.h"

#include <QLineEdit>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

/// "-user:bot" as "not user", "bot".
FilterEdit::Chip chipOf(const QString &piece)
{
    QString text = piece;
    QString name;
    if (text.size() > 1 && text.startsWith(u'-')) {
        name = FilterController::tr("not");
        text.remove(0, 1);
    }
    qsizetype at = 0;
    while (at < text.size() && text.at(at).isLetterOrNumber())
        ++at;
    while (at < text.size()
        && (text.at(at) == u'.' || text.at(at) == u'-' || text.at(at) == u'_'
            || text.at(at).isLetterOrNumber()))
        ++at;
    if (at == 0 || at == text.size())
        return {.name = name, .value = text, .text = piece};
    const QString field = text.first(at);
    QString value = text.mid(at);
    if (value.startsWith(u':') || value.startsWith(u'='))
        value.remove(0, 1);
    value.remove(u'"');
    value.replace(u","_s, u", "_s);
    return {.name = name.isEmpty() ? field : QString(name + u' ' + field),
        .value = value,
        .text = piece};
}

QStringList pieces(const QString &text)
{
    QStringList found;
    QString piece;
    bool isQuoted = false;
    for (const QChar c : QString(text + u' ')) {
        if (c == u'"')
            isQuoted = !isQuoted;
        if (!c.isSpace() || isQuoted) {
            piece += c;
        } else if (!piece.isEmpty()) {
            found.append(piece);
            piece.clear();
        }
    }
    if (!piece.isEmpty())
        found.append(piece);
    return found;
}

} // namespace

FilterController::FilterController(
    FilterEdit *edit, std::vector<FilterField> fields, QObject *parent)
    : QObject(parent), m_edit(edit), m_fields(std::move(fields))
{
    connect(edit, &FilterEdit::queryChanged, this, &FilterController::read);
    connect(edit, &FilterEdit::submitted, this, &FilterController::makeChips);
}

FilterController::~FilterController() = default;

void FilterController::setFields(std::vector<FilterField> fields)
{
    m_fields = std::move(fields);
    clear();
}

void FilterController::read(const QString &text)
{
    const FilterQuery query = parseFilter(text, m_fields);
    m_edit->setError(query.isValid()
            ? QString()
            : tr("%1 (character %2)").arg(query.error).arg(query.errorPosition + 1));
    if (query.isValid())
        Q_EMIT queryChanged(query);
}

void FilterController::makeChips(const QString &text)
{
    if (text.trimmed().isEmpty() || !parseFilter(text, m_fields).isValid())
        return;
    QList<FilterEdit::Chip> chips = m_edit->chips();
    for (const QString &piece : pieces(text))
        chips.append(chipOf(piece));
    m_edit->setText(QString());
    m_edit->setChips(chips);
    read(m_edit->query());
}

void FilterController::setQuery(const QString &text)
{
    m_edit->setChips({});
    m_edit->setText(QString());
    if (parseFilter(text, m_fields).isValid())
        makeChips(text);
    else
        m_edit->setText(text);
    read(m_edit->query());
}

void FilterController::clear()
{
    setQuery(QString());
}

bool FilterController::isEmpty() const
{
    return m_edit->query().isEmpty();
}

} // namespace sluice::ui
