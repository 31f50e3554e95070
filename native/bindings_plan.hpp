// A plan as Python describes it: a dict with the fields of Plan, made by chainrule/engine/description.py.
#pragma once

#include <nanobind/nanobind.h>

#include "plan.hpp"

namespace chainrule {

/// The plan that a dict describes; what is missing or malformed raises a Python exception.
Plan plan(const nanobind::dict& description);

}  // namespace chainrule
