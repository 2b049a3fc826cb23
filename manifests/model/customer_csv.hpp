#pragma once

#include <manifests/core/bytes.hpp>
#include <manifests/model/customer.hpp>
#include <manifests/model/row_issues.hpp>

namespace kip {

/// A customer list as a vendor's spreadsheet exports it: CSV in UTF-8 (with or without byte order mark), ';' or ','
/// between fields, quotes as in RFC 4180, CRLF or LF; at most 8 MB and 20,000 rows, fields of 1,024 bytes.
///
/// The first row names the columns, in any order and case, '_' as good as a blank:
///   tax code | mst | mã số thuế                name | tên
///   product | sản phẩm                         contract start | ngày hợp đồng (dd/mm/yyyy or YYYY-MM-DD)
///   periods | kỳ hạn (see ContractPeriods)     seats | số máy
///   e-mail | email (may be missing)            regime | chế độ (may be missing)
/// Other columns are ignored with the warning unknown-column.
///
/// The same tax code and product twice with the same content is taken once; with other content both rows are wrong.
/// Errors: too_large; malformed, with a line for every fault of every row, and then nothing is imported.
Result<Imported<Customer>> import_customers_csv(BytesView bytes);

}  // namespace kip
