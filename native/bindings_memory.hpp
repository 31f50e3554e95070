// The buffer protocol: where the numbers of a Python object lie.
#pragma once

#include <nanobind/nanobind.h>

namespace chainrule {

namespace nb = nanobind;

/// The memory of an object, which lives as long as this does.
class Memory {
public:
    explicit Memory(nb::handle object, int flags = PyBUF_SIMPLE)
        : valid_(PyObject_GetBuffer(object.ptr(), &view_, flags) == 0) {
        if (!valid_) PyErr_Clear();
    }
    ~Memory() {
        if (valid_) PyBuffer_Release(&view_);
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    explicit operator bool() const { return valid_; }
    const Py_buffer& view() const { return view_; }
    template <class T>
    T* numbers() const {
        if (!valid_) throw nb::type_error("expected an array");
        return static_cast<T*>(view_.buf);
    }

private:
    Py_buffer view_{};
    bool valid_;
};

}  // namespace chainrule
