// Catch2 3's include path for Catch2 2, which has one header for everything.
#pragma once
#include <catch2/catch.hpp>
