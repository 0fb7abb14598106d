// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/configuration.h"

#include <algorithm>

namespace sluice::config {

namespace {

template <typename T> const T *findByName(const std::vector<T> &items, QByteArrayView name)
{
    const auto found = std::find_if(
        items.cbegin(), items.cend(), [name](const T &item) { return item.name == name; });
    return found == items.cend() ? nullptr : &*found;
}

} // namespace

QByteArrayView storeTypeName(Store::Type type)
{
    switch (type) {
    case Store::Type::InMemory:
        return "in-memory";
    case Store::Type::Sqlite:
    case Store::Type::Postgres:
        return "database";
    case Store::Type::Redis:
        break;
    }
    return "redis";
}

const Provider *Configuration::findProvider(QByteArrayView name) const
{
    return findByName(providers, name);
}

const Router *Configuration::findRouter(QByteArrayView name) const
{
    return findByName(routers, name);
}

} // namespace sluice::config
