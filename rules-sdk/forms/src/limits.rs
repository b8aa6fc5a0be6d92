//! What a file of a table may be, each with its reason. A table that a person edits is far below;
//! a file that is above was made to harm, or is not the table that was meant.

/// Longest file, in bytes. A spreadsheet with a thousand lines is a hundred kilobytes.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes that all parts of an XLSX archive may unpack to: a kilobyte of zeros can say a gigabyte,
/// and the reader holds the texts of all sheets at once.
pub const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Parts of an XLSX archive. A workbook with thirty sheets and pictures has two hundred.
pub const PARTS_MAX: usize = 4_096;
/// Sheets of a workbook that are looked at.
pub const SHEETS_MAX: usize = 64;
/// Rows of one sheet. A card has at most 128 factors, 64 exceptions and 64 triggers; the rest is
/// notes and blank lines.
pub const ROWS_MAX: usize = 10_000;
/// Columns of one sheet: four times the columns that a table can have here.
pub const COLUMNS_MAX: usize = 128;
/// Cells of all sheets of a file together, blank ones before a filled one counted, for each takes
/// memory: as many as one sheet that is full.
pub const CELLS_MAX: usize = ROWS_MAX * COLUMNS_MAX;
/// Cells of an XLSX file that are unpacked, blank ones and repeated looks at a sheet counted:
/// several sheets may name the same part of the archive. All bytes that an archive may have are a
/// third.
pub const CELLS_READ_MAX: usize = 8 * CELLS_MAX;
/// Tables of a file: three for each sheet that is looked at.
pub const SECTIONS_MAX: usize = 3 * SHEETS_MAX;
/// Lines of all tables of a file together: six times what a card can have. Each line is looked at
/// more closely than a cell is, and told of.
pub const LINES_MAX: usize = 2_000;
/// Longest cell, in bytes; a long sentence with a condition beside it is a tenth.
pub const CELL_BYTES_MAX: usize = 8 * 1024;
/// Bytes of all cells of a file together, however they are spread. A card has at most 256 KiB.
pub const CELLS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Mistakes that are told at once: more than anybody reads, few enough to print.
pub const PROBLEMS_MAX: usize = 200;
