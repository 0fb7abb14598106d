// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/pricefile.h"

#include "core/config/pricemodels.h"
#include "core/config/scalars.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr int MostFindings = 20; ///< of one file; how many more there are is said

/// The bytes of a file of moderate size, or nullopt after an error.
std::optional<QByteArray> readBytes(Context &context, const Value &value, const QString &name)
{
    QFile file(context.priceFile);
    // Anything but a file, a pipe for one, might never end.
    const bool isOther = file.exists() && !QFileInfo(file).isFile();
    if (isOther || !file.open(QIODevice::ReadOnly)) {
        context.error(value,
            u"cannot read %1: %2"_s.arg(
                name, isOther ? u"it is not a file"_s : file.errorString()));
        return std::nullopt;
    }
    QByteArray bytes = file.read(MaxPriceFileBytes + 1);
    if (bytes.size() <= MaxPriceFileBytes)
        return bytes;
    context.error(value, u"%1 is larger than %2 MiB"_s.arg(name).arg(MaxPriceFileBytes >> 20));
    return std::nullopt;
}

/// Says in the configuration what was found in the file.
void forward(Context &context, const Value &value, const QString &name, const Findings &findings)
{
    int rest = 0;
    Severity worst = Severity::Hint;
    for (const Finding &finding : findings) {
        if (finding.severity == Severity::Hint)
            continue;
        worst = std::max(worst, finding.severity);
        if (++rest > MostFindings)
            continue;
        const QString where = finding.path.isEmpty() ? QString() : finding.path + u": "_s;
        context.add({finding.severity, value.place(), value.name(),
            u"%1, line %2, column %3: %4%5"_s.arg(name, QString::number(finding.place.line),
                QString::number(finding.place.column), where, finding.message),
            {}});
    }
    if (rest > MostFindings)
        context.add({worst, value.place(), value.name(),
            u"%1 has %2 more findings"_s.arg(name).arg(rest - MostFindings), {}});
}

/// The map of models: the whole file, or its key `models`.
Value modelsOf(Context &context, const Document &document)
{
    Value root;
    root.node = document.root()->kind == Node::Kind::Null ? nullptr : document.root();
    root.keyPlace = {1, 1};
    if (root.isMap() && root.node->find("models") != nullptr) {
        MapReader map(context, root);
        Value models = map.take("models");
        map.finish();
        return models;
    }
    return root;
}

} // namespace

std::vector<ModelPrice> readPriceFile(Context &context, const Value &value)
{
    const std::optional<QByteArray> written = readName(context, value);
    if (!written)
        return {};
    if (context.folder.isEmpty()) {
        context.hint(value, u"the prices of this file are not looked at here"_s);
        return {};
    }
    const QString name = QString::fromUtf8(*written);
    context.priceFile = QDir(context.folder).absoluteFilePath(name);
    const std::optional<QByteArray> bytes = readBytes(context, value, name);
    if (!bytes)
        return {};

    Document document;
    Findings syntax;
    const bool isReadable = parseDocument(*bytes, document, syntax);
    Context inner((QProcessEnvironment(QProcessEnvironment::Initialization{})));
    for (const Finding &finding : std::as_const(syntax))
        inner.add(finding);
    std::vector<ModelPrice> prices;
    if (isReadable)
        prices = readModelPrices(inner, modelsOf(inner, document), false);
    forward(context, value, name, inner.takeFindings());
    for (ModelPrice &price : prices)
        price.isFromFile = true;
    return prices;
}

} // namespace sluice::config
