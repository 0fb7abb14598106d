// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/priceedit.h"

#include "core/base/money.h"
#include "core/config/builtinproviders.h"
#include "core/session/limitshape.h"
#include "core/session/textpatch.h"

#include <array>

namespace sluice::session {

using namespace Qt::StringLiterals;
using config::YamlPath;
using limitshape::Kind;

namespace {

constexpr MicroAmount MostDollars = 1'000'000; ///< for a million tokens, as the loader has it
constexpr MicroAmount MillionthOfADollar = MicroCentsPerDollar / MicroPerUnit;

const YamlPath &modelsPath()
{
    static const YamlPath path{u"prices"_s, u"models"_s};
    return path;
}

struct Field
{
    QString key;
    QString PriceFields::*value;
};

const std::array<Field, 4> &fields()
{
    static const std::array<Field, 4> all{
        {{u"input"_s, &PriceFields::input}, {u"cached-input"_s, &PriceFields::cachedInput},
            {u"cache-write"_s, &PriceFields::cacheWrite}, {u"output"_s, &PriceFields::output}}};
    return all;
}

/// "openai/gpt-4o" by the provider's own name, whichever the file uses.
QByteArray canonicalModel(const QByteArray &model)
{
    const qsizetype slash = model.indexOf('/');
    return slash < 0 ? model : config::canonicalProvider(model.first(slash)) + model.mid(slash);
}

/// The key of the model's entry as it is written, or would be.
QString entryKey(const QByteArray &text, const QByteArray &model)
{
    const QByteArray wanted = canonicalModel(model);
    for (const QString &key : limitshape::keysAt(text, modelsPath())) {
        if (canonicalModel(key.toUtf8()) == wanted)
            return key;
    }
    return QString::fromUtf8(model);
}

QString flowMap(const PriceFields &price)
{
    QStringList words;
    for (const Field &field : fields()) {
        if (const QString &value = price.*field.value; !value.isEmpty())
            words += field.key + u": "_s + value;
    }
    return u'{' + words.join(u", "_s) + u'}';
}

/// A key that says nothing would be in the way of its entries.
void dropIfNull(TextPatch &patch, const YamlPath &parent, const QString &key)
{
    if (limitshape::kindAt(patch.text(), child(parent, key)) == Kind::Null)
        patch.drop(parent, key);
}

void setFields(TextPatch &patch, const YamlPath &entry, const PriceFields &price)
{
    for (const Field &field : fields()) {
        if (const QString &value = price.*field.value; value.isEmpty())
            patch.drop(entry, field.key);
        else
            patch.set(entry, field.key, value);
    }
}

} // namespace

Result<QString> parsePrice(const QString &text)
{
    const Result<MicroAmount> cents = parseDollars(text);
    if (!cents && cents.error().code == ErrorCode::Invalid)
        return cents.error();
    if (!cents || *cents > MostDollars * MicroCentsPerDollar)
        return Error{ErrorCode::Invalid,
            u"At most %1 dollars for a million tokens"_s.arg(
                groupedDigits(QString::number(MostDollars))),
            {}};
    if (*cents % MillionthOfADollar != 0)
        return Error{ErrorCode::Invalid, u"At most six decimals"_s, {}};
    return QString::fromLatin1(formatAmount(*cents / MillionthOfADollar));
}

std::optional<PriceFields> writtenPrice(const QByteArray &text, const QByteArray &model)
{
    const YamlPath entry = child(modelsPath(), entryKey(text, model));
    if (limitshape::kindAt(text, entry) != Kind::Map)
        return std::nullopt;
    PriceFields price;
    for (const Field &field : fields())
        price.*field.value =
            limitshape::scalarAt(text, child(entry, field.key)).value_or(QString());
    return price;
}

ConfigDraft::Change setPrice(const QByteArray &model, const PriceFields &price)
{
    return [model, price](const QByteArray &text) {
        TextPatch patch(text);
        dropIfNull(patch, {}, modelsPath().first());
        dropIfNull(patch, {modelsPath().first()}, modelsPath().last());
        const QString key = entryKey(patch.text(), model);
        const YamlPath entry = child(modelsPath(), key);
        dropIfNull(patch, modelsPath(), key);
        switch (limitshape::kindAt(patch.text(), entry)) {
        case Kind::Absent:
            patch.set(modelsPath(), key, flowMap(price));
            break;
        case Kind::Map:
            setFields(patch, entry, price);
            break;
        default:
            patch.fail({ErrorCode::Unsupported,
                u"The price of %1 is not written as one price; change it in the file"_s.arg(key),
                {}});
        }
        return patch.result();
    };
}

} // namespace sluice::session
