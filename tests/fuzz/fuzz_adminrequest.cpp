// SPDX-License-Identifier: GPL-3.0-or-later
// A request to the admin API is understood, with fields that the operation has, or it is refused
// with one sentence. The first line is method and target, the rest the body.
#include "core/gateway/admin/adminrequest.h"
#include "tests/fuzz/fuzzinput.h"

#include <algorithm>

using namespace sluice::gateway;
using namespace sluice::test;

namespace {

void checkRequest(const AdminRequest &request)
{
    const auto operations = adminOperations();
    const auto found = std::find_if(operations.begin(), operations.end(),
        [&request](const AdminOperation &operation) { return operation.call == request.call; });
    promise(found != operations.end(), "an operation is one of the table");
    for (auto value = request.values.begin(); value != request.values.end(); ++value) {
        const auto parameter = std::find_if(found->parameters.begin(), found->parameters.end(),
            [&value](const AdminParameter &known) { return known.name == value.key(); });
        const bool isInPath = found->path.contains(QString(u'{' + value.key() + u'}'));
        promise(isInPath || parameter != found->parameters.end(), "a field is one of the table");
        if (isInPath || parameter == found->parameters.end())
            continue;
        const bool isNumber =
            parameter->type != AdminType::Text && parameter->type != AdminType::Texts;
        promise(!isNumber || request.number(parameter->name) > 0, "numbers are above zero");
    }
    for (const AdminParameter &parameter : found->parameters)
        promise(!parameter.isRequired || request.has(parameter.name), "what must be is there");
}

void checkFailure(const Failure &failure)
{
    promise(failure.status == 400 || failure.status == 404 || failure.status == 413,
        "a request is refused as such");
    promise(!failure.message.isEmpty() && failure.message.size() < 400, "an error is a sentence");
    promise(std::none_of(failure.message.begin(), failure.message.end(),
                [](QChar letter) { return letter.category() == QChar::Other_Control; }),
        "an error is one line", failure.message.toUtf8());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray input = bytesOf(data, size).toByteArray();
    const qsizetype line = std::max<qsizetype>(input.indexOf('\n'), 0);
    const qsizetype space = std::max<qsizetype>(input.first(line).indexOf(' '), 0);
    RequestHead head;
    head.method = input.first(space);
    head.target =
        AdminOperation::Prefix.toByteArray() + input.sliced(space, line - space).trimmed();
    const auto read = readAdminRequest(head, input.sliced(line).trimmed());
    if (const auto *request = std::get_if<AdminRequest>(&read))
        checkRequest(*request);
    else
        checkFailure(std::get<Failure>(read));
    return 0;
}
