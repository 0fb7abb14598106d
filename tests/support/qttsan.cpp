// SPDX-License-Identifier: GPL-3.0-or-later
// For builds with the thread sanitizer. Qt is not built with it, so the sanitizer cannot see how
// Qt hands work from thread to thread and takes each hand-over for a race. These functions stand in
// front of Qt's own, tell the sanitizer what happens before what, and call Qt's.
#include <QMetaObject>
#include <QMutex>
#include <QObject>

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

namespace {

template <typename F> F original(const char *name)
{
    return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

/// A call on its way to another thread: what came before it was posted happens before it runs, and
/// what it did happens before a caller that waits goes on.
class HandedOver final : public QtPrivate::QSlotObjectBase
{
public:
    explicit HandedOver(QtPrivate::QSlotObjectBase *slot) : QSlotObjectBase(&run), m_slot(slot)
    {
        __tsan_release(&mark(this));
    }

    static char &mark(const void *slot)
    {
        // Outlives every call; a shared mark only hides a little, it never invents a race.
        static char marks[1024];
        return marks[(reinterpret_cast<quintptr>(slot) >> 4) % sizeof marks];
    }

private:
    static void run(int which, QSlotObjectBase *self, QObject *receiver, void **args, bool *result)
    {
        auto *call = static_cast<HandedOver *>(self);
        __tsan_acquire(&mark(self));
        if (which == Call)
            call->m_slot->call(receiver, args);
        __tsan_release(&mark(self));
        if (which == Destroy) {
            call->m_slot->destroyIfLastRef();
            delete call;
        } else if (which == Compare) {
            *result = false;
        }
    }

    QtPrivate::QSlotObjectBase *m_slot;
};

} // namespace

bool QMetaObject::invokeMethodImpl(
    QObject *object, QtPrivate::QSlotObjectBase *slot, Qt::ConnectionType type, void *ret)
{
    using Function = bool (*)(QObject *, QtPrivate::QSlotObjectBase *, Qt::ConnectionType, void *);
    static const auto real = original<Function>(
        "_ZN11QMetaObject16invokeMethodImplEP7QObjectPN9QtPrivate15QSlotObjectBaseEN2Qt"
        "14ConnectionTypeEPv");
    auto *call = new HandedOver(slot);
    const char *mark = &HandedOver::mark(call);
    const bool invoked = real(object, call, type, ret);
    __tsan_acquire(const_cast<char *>(mark));
    return invoked;
}

void QBasicMutex::lockInternal()
{
    static const auto real = original<void (*)(QBasicMutex *)>("_ZN11QBasicMutex12lockInternalEv");
    real(this);
    __tsan_acquire(this);
}

void QBasicMutex::unlockInternal() noexcept
{
    static const auto real =
        original<void (*)(QBasicMutex *)>("_ZN11QBasicMutex14unlockInternalEv");
    __tsan_release(this);
    real(this);
}
