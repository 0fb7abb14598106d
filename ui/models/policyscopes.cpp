// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/policyscopes.h"

#include "core/config/yamlpatch.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::Configuration;
using config::LimitRule;
using config::LimitScope;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("PolicyScopes", text);
}

const LimitRule *findRule(const Configuration *configuration, const QByteArray &name)
{
    if (!configuration)
        return nullptr;
    const auto &rules = configuration->limits;
    const auto found = std::find_if(
        rules.begin(), rules.end(), [&name](const LimitRule &rule) { return rule.name == name; });
    return found == rules.end() ? nullptr : &*found;
}

bool belongsTo(const LimitRule &rule, const PolicyScope &scope)
{
    return rule.scope == scope.scope && rule.router == scope.router;
}

std::vector<PolicyRow>::iterator findRow(std::vector<PolicyRow> &rows, const QByteArray &name)
{
    return std::find_if(
        rows.begin(), rows.end(), [&name](const PolicyRow &row) { return row.name == name; });
}

void addWritten(PolicyScope &scope, const Configuration &draft, const Configuration *running)
{
    for (const LimitRule &rule : draft.limits) {
        if (!belongsTo(rule, scope))
            continue;
        const LimitRule *old = findRule(running, rule.name);
        scope.rows.push_back(
            {rule.name, rule, old ? std::optional<LimitRule>(*old) : std::nullopt, nullptr});
    }
}

void addRemoved(PolicyScope &scope, const Configuration *draft, const Configuration &running)
{
    QByteArray previous;
    for (const LimitRule &rule : running.limits) {
        if (!belongsTo(rule, scope))
            continue;
        if (!findRule(draft, rule.name)) {
            const auto before = findRow(scope.rows, previous);
            scope.rows.insert(before == scope.rows.end() ? scope.rows.begin() : before + 1,
                PolicyRow{rule.name, std::nullopt, rule, nullptr});
        }
        previous = rule.name;
    }
}

/// The draft's limits in file order; those it lacks stay where they were.
void fill(PolicyScope &scope, const Configuration *draft, const Configuration *running)
{
    if (draft)
        addWritten(scope, *draft, running);
    if (running)
        addRemoved(scope, draft, *running);
}

int lineOf(const QByteArray &text, const QString &section)
{
    return config::yamlpatch::lineOf(text, {section});
}

void addRouters(
    std::vector<PolicyScope> &scopes, const Configuration *draft, const Configuration *running)
{
    const auto add = [&scopes](const config::Router &router, int line) {
        PolicyScope scope;
        scope.scope = LimitScope::Router;
        scope.router = router.name;
        scope.line = line;
        scope.isOptedOut = router.limitsDisabled;
        const bool isKnown = std::any_of(scopes.begin(), scopes.end(),
            [&scope](const PolicyScope &other) { return other.isSamePlace(scope); });
        if (!isKnown)
            scopes.push_back(std::move(scope));
    };
    if (draft) {
        for (const config::Router &router : draft->routers)
            add(router, router.place.line);
    }
    if (running) {
        for (const config::Router &router : running->routers)
            add(router, 0);
    }
}

} // namespace

bool PolicyRow::isChanged() const
{
    if (header)
        return false;
    if (!draft || !running)
        return true;
    return !saysTheSame(*draft, *running);
}

bool saysTheSame(LimitRule a, LimitRule b)
{
    for (LimitRule *rule : {&a, &b}) {
        rule->place = {};
        rule->path.clear();
        for (config::LimitOverride &other : rule->overrides)
            other.place = {};
    }
    return a == b;
}

const LimitRule *PolicyRow::rule() const
{
    if (draft)
        return &*draft;
    return running ? &*running : nullptr;
}

QString PolicyScope::title() const
{
    switch (scope) {
    case LimitScope::Global:
        return tr("Global");
    case LimitScope::Unified:
        return tr("Unified API");
    case LimitScope::Router:
        return tr("Router %1").arg(QString::fromUtf8(router));
    case LimitScope::Header:
        return tr("Header policies");
    }
    Q_UNREACHABLE();
}

QString PolicyScope::note() const
{
    if (isOptedOut)
        return tr("opts out of every limit");
    switch (scope) {
    case LimitScope::Global:
        if (rows.empty())
            return tr("no limit of its own");
        return exempt.isEmpty() ? tr("all requests")
                                : tr("all routers but %1").arg(exempt.join(u", "_s));
    case LimitScope::Header:
        return tr("sent by clients since this console started");
    case LimitScope::Unified:
    case LimitScope::Router:
        break;
    }
    return rows.empty() ? tr("no limit of its own") : QString();
}

std::vector<PolicyScope> readPolicyScopes(const Configuration *draft, const Configuration *running,
    const QByteArray &text, const std::vector<limits::LimitPtr> &headers)
{
    std::vector<PolicyScope> scopes(2);
    scopes[0].line = lineOf(text, u"global"_s);
    scopes[1].scope = LimitScope::Unified;
    scopes[1].line = lineOf(text, u"unified-api"_s);
    addRouters(scopes, draft, running);
    for (PolicyScope &scope : scopes) {
        fill(scope, draft, running);
        if (scope.isOptedOut)
            scopes[0].exempt.append(QString::fromUtf8(scope.router));
    }
    if (scopes[1].rows.empty())
        scopes.erase(scopes.begin() + 1);
    if (!headers.empty()) {
        PolicyScope sent;
        sent.scope = LimitScope::Header;
        for (const limits::LimitPtr &header : headers)
            sent.rows.push_back({header->name, std::nullopt, std::nullopt, header});
        scopes.push_back(std::move(sent));
    }
    return scopes;
}

} // namespace sluice::ui
