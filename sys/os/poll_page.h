// Two process-wide pages for interruption by pointer swap: polling code loads through a pointer
// that normally points at the readable page; pointing it at the armed page makes the load fault.
//
// Guaranteed: both live until the process ends; the armed page is a registered data range
//      (kFaultTagPollPage) of fault.h; the readable page reads as zero and cannot be written.
#pragma once

namespace wasmrt::os {

/// A page that can be read; null only when no memory was left for it.
const void* readable_poll_page();

/// A page on which every access faults; null only when no memory was left for it.
const void* armed_poll_page();

}  // namespace wasmrt::os
