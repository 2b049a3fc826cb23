<?xml version="1.0" encoding="UTF-8"?>
<!-- Illustrative sample, not an official form and not legal advice. Prints a data file through the layout.xml beside
     this file: xsltproc print.xslt sample-data.xml > form.html -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="html" encoding="UTF-8" doctype-system="about:legacy-compat" indent="yes"/>
  <xsl:decimal-format name="vi" decimal-separator="," grouping-separator="."/>

  <xsl:variable name="layout" select="document('layout.xml')/layout"/>
  <xsl:variable name="data" select="/data"/>

  <xsl:template match="/data">
    <xsl:if test="@form != $layout/@form or @layout != $layout/@id">
      <xsl:message terminate="yes">The data file is for another form or layout.</xsl:message>
    </xsl:if>
    <html lang="vi">
      <head>
        <title><xsl:value-of select="concat($layout/@form, ' ', entity/@name)"/></title>
        <style>
          @page { size: A4 portrait; margin: 15mm }
          body { font: 12px/1.35 "Times New Roman", "Liberation Serif", serif; max-width: 178mm; margin: 8mm auto }
          .head { display: flex; justify-content: space-between; gap: 10mm }
          .act { text-align: center; max-width: 75mm }
          h1 { font-size: 17px; text-align: center; margin: 6mm 0 0; text-transform: uppercase }
          h2 { font-size: 13px; margin: 5mm 0 1mm }
          h3 { font-size: 12px; margin: 3mm 0 1mm }
          p { margin: 1mm 0 }
          .under-title { text-align: center; font-style: italic }
          .unit { text-align: right; font-style: italic }
          table { width: 100%; border-collapse: collapse }
          th, td { border: 1px solid #444; padding: 1px 5px; vertical-align: top }
          thead { display: table-header-group }
          tr { break-inside: avoid }
          .code, .note { text-align: center; width: 13mm; white-space: nowrap }
          .amount { text-align: right; width: 30mm; white-space: nowrap }
          .level0 td, .level1 td, .level2.total td, .heading td { font-weight: bold }
          .level4 .name { padding-left: 6mm; font-style: italic }
          .alarm { border: 2px solid #b00; padding: 2mm; margin: 3mm 0; color: #b00; font-weight: bold }
          .signatures { display: flex; justify-content: space-between; margin-top: 3mm; text-align: center }
          .signing { break-inside: avoid }
          .signatures span { display: block; font-style: italic; margin-bottom: 18mm }
          .made-on { text-align: right; font-style: italic; margin-top: 5mm }
          .sheet + .sheet { break-before: page }
          .sample { margin-top: 8mm; color: #777; font-size: 10px }
        </style>
      </head>
      <body>
        <xsl:call-template name="header"/>
        <p class="under-title">Bản thuyết minh này là bộ phận hợp thành của Báo cáo tài chính và được đọc cùng với các báo cáo đó.</p>
        <xsl:apply-templates select="$layout/section"/>
        <xsl:call-template name="signatures"/>
        <p class="sample">Mẫu minh họa với số liệu giả định; không phải biểu mẫu chính thức.</p>
      </body>
    </html>
  </xsl:template>

  <xsl:template match="section">
    <h2><xsl:value-of select="concat(@no, '. ', @vi)"/></h2>
    <xsl:apply-templates/>
  </xsl:template>

  <xsl:template match="statement">
    <p><xsl:value-of select="@vi"/></p>
  </xsl:template>

  <xsl:template match="paragraph">
    <xsl:variable name="text" select="$data/text[@id = current()/@id]"/>
    <p>
      <b><xsl:value-of select="concat(@no, ' ', @vi, ': ')"/></b>
      <xsl:choose>
        <xsl:when test="$text"><xsl:value-of select="$text"/></xsl:when>
        <xsl:otherwise>…………………………</xsl:otherwise>
      </xsl:choose>
    </p>
  </xsl:template>

  <xsl:template match="section/table" priority="2">
    <h3><xsl:value-of select="concat(@no, ' ', @vi)"/></h3>
    <xsl:call-template name="table"/>
  </xsl:template>

  <xsl:template name="header">
    <xsl:param name="subtitle"/>
    <div class="head">
      <div>
        <p>Đơn vị báo cáo: <b><xsl:value-of select="$data/entity/@name"/></b></p>
        <p>Địa chỉ: <xsl:value-of select="$data/entity/@address"/></p>
        <p>Mã số thuế: <xsl:value-of select="$data/entity/@tax-code"/></p>
      </div>
      <div class="act">
        <p><b>Mẫu số <xsl:value-of select="$layout/@form"/></b></p>
        <p>(Ban hành theo Thông tư số <xsl:value-of select="$layout/act/@number"/> ngày
          <xsl:text> </xsl:text>
          <xsl:call-template name="date"><xsl:with-param name="iso" select="$layout/act/@signed-on"/></xsl:call-template>
          của Bộ trưởng Bộ Tài chính)</p>
      </div>
    </div>
    <h1><xsl:value-of select="$layout/title/@vi"/></h1>
    <xsl:if test="$subtitle"><p class="under-title">(<xsl:value-of select="$subtitle"/>)</p></xsl:if>
    <p class="under-title">
      <xsl:choose>
        <xsl:when test="$layout/@period = 'day'">Tại ngày </xsl:when>
        <xsl:otherwise>
          <xsl:text>Kỳ từ ngày </xsl:text>
          <xsl:call-template name="date"><xsl:with-param name="iso" select="$data/period/@from"/></xsl:call-template>
          <xsl:text> đến ngày </xsl:text>
        </xsl:otherwise>
      </xsl:choose>
      <xsl:call-template name="date"><xsl:with-param name="iso" select="$data/period/@to"/></xsl:call-template>
    </p>
    <p class="unit">Đơn vị tính: <xsl:value-of select="$data/@unit"/></p>
  </xsl:template>

  <!-- A table of the layout, filled from the values of the same id. -->
  <xsl:template name="table">
    <xsl:variable name="table" select="."/>
    <table>
      <thead>
        <tr>
          <th>Chỉ tiêu</th>
          <xsl:if test="@kind = 'statement'"><th>Mã số</th><th>Thuyết minh</th></xsl:if>
          <xsl:for-each select="column"><th><xsl:value-of select="@vi"/></th></xsl:for-each>
        </tr>
      </thead>
      <tbody>
        <xsl:for-each select="heading | line">
          <tr class="{name()} level{@level}">
            <xsl:if test="@formula"><xsl:attribute name="class">line total level<xsl:value-of select="@level"/></xsl:attribute></xsl:if>
            <td class="name">
              <xsl:value-of select="normalize-space(concat(@no, ' ', @vi))"/>
              <xsl:if test="$table/@kind = 'statement' and @formula and @level &lt; 2">
                <xsl:value-of select="concat(' (', @code, ' = ', @formula, ')')"/>
              </xsl:if>
            </td>
            <xsl:if test="$table/@kind = 'statement'">
              <td class="code"><xsl:value-of select="@code"/></td>
              <td class="note"><xsl:value-of select="@note"/></td>
            </xsl:if>
            <xsl:variable name="line" select="."/>
            <xsl:for-each select="$table/column">
              <td class="amount">
                <xsl:if test="$line/@code">
                  <xsl:call-template name="print-amount">
                    <xsl:with-param name="amount">
                      <xsl:call-template name="amount">
                        <xsl:with-param name="table" select="$table"/>
                        <xsl:with-param name="code" select="$line/@code"/>
                        <xsl:with-param name="column" select="@id"/>
                      </xsl:call-template>
                    </xsl:with-param>
                  </xsl:call-template>
                </xsl:if>
              </td>
            </xsl:for-each>
          </tr>
        </xsl:for-each>
      </tbody>
    </table>
    <xsl:for-each select="check">
      <xsl:variable name="check" select="."/>
      <xsl:for-each select="$table/column">
        <xsl:variable name="difference">
          <xsl:call-template name="evaluate">
            <xsl:with-param name="table" select="$table"/>
            <xsl:with-param name="formula" select="concat('+', $check/@zero)"/>
            <xsl:with-param name="column" select="@id"/>
          </xsl:call-template>
        </xsl:variable>
        <xsl:if test="$difference != 0">
          <p class="alarm">
            <xsl:value-of select="concat(@vi, ': ', $check/@vi, ' (', $check/@zero, ' = ')"/>
            <xsl:call-template name="print-amount"><xsl:with-param name="amount" select="$difference"/></xsl:call-template>
            <xsl:text>)</xsl:text>
          </p>
        </xsl:if>
      </xsl:for-each>
    </xsl:for-each>
  </xsl:template>

  <!-- The amount of one line: entered in the data, or computed where the layout gives a formula. -->
  <xsl:template name="amount">
    <xsl:param name="table"/>
    <xsl:param name="code"/>
    <xsl:param name="column"/>
    <xsl:variable name="line" select="$table/line[@code = $code]"/>
    <xsl:choose>
      <xsl:when test="not($line)">
        <xsl:message terminate="yes">A formula names a line that is not in the layout: <xsl:value-of select="$code"/></xsl:message>
      </xsl:when>
      <xsl:when test="$line/@formula">
        <xsl:call-template name="evaluate">
          <xsl:with-param name="table" select="$table"/>
          <xsl:with-param name="formula" select="concat('+', $line/@formula)"/>
          <xsl:with-param name="column" select="$column"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise>
        <xsl:variable name="entered" select="$data/values[@table = $table/@id]/value[@code = $code]"/>
        <xsl:value-of select="format-number(sum($entered/@*[name() = $column]), '0')"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Sums a formula such as +20+21-22: each line code stands behind its sign. -->
  <xsl:template name="evaluate">
    <xsl:param name="table"/>
    <xsl:param name="formula"/>
    <xsl:param name="column"/>
    <xsl:param name="total" select="0"/>
    <xsl:choose>
      <xsl:when test="$formula = ''"><xsl:value-of select="format-number($total, '0')"/></xsl:when>
      <xsl:otherwise>
        <xsl:variable name="rest" select="substring($formula, 2)"/>
        <xsl:variable name="code" select="substring-before(concat(translate($rest, '-', '+'), '+'), '+')"/>
        <xsl:variable name="term">
          <xsl:call-template name="amount">
            <xsl:with-param name="table" select="$table"/>
            <xsl:with-param name="code" select="$code"/>
            <xsl:with-param name="column" select="$column"/>
          </xsl:call-template>
        </xsl:variable>
        <xsl:variable name="factor" select="1 - 2 * starts-with($formula, '-')"/>
        <xsl:call-template name="evaluate">
          <xsl:with-param name="table" select="$table"/>
          <xsl:with-param name="formula" select="substring($rest, string-length($code) + 1)"/>
          <xsl:with-param name="column" select="$column"/>
          <xsl:with-param name="total" select="$total + $factor * $term"/>
        </xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Whole dong, grouped by dots; negative amounts stand in brackets, zero is a dash. -->
  <xsl:template name="print-amount">
    <xsl:param name="amount"/>
    <xsl:choose>
      <xsl:when test="$amount = 0">-</xsl:when>
      <xsl:when test="$amount &lt; 0"><xsl:value-of select="concat('(', format-number(-$amount, '#.##0', 'vi'), ')')"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="format-number($amount, '#.##0', 'vi')"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="date">
    <xsl:param name="iso"/>
    <xsl:value-of select="concat(substring($iso, 9, 2), '/', substring($iso, 6, 2), '/', substring($iso, 1, 4))"/>
  </xsl:template>

  <xsl:template name="signatures">
    <div class="signing">
      <p class="made-on">Lập, ngày
        <xsl:text> </xsl:text>
        <xsl:call-template name="date"><xsl:with-param name="iso" select="$data/signatures/@made-on"/></xsl:call-template>
      </p>
      <div class="signatures">
        <xsl:for-each select="$layout/signature">
          <xsl:variable name="role" select="@role"/>
          <div>
            <b><xsl:value-of select="@vi"/></b>
            <span>(<xsl:value-of select="@hint"/>)</span>
            <xsl:value-of select="$data/signatures/@*[name() = $role]"/>
          </div>
        </xsl:for-each>
      </div>
    </div>
  </xsl:template>
</xsl:stylesheet>
