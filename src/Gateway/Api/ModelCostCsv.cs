using System.Globalization;
using System.Text;
using Steward.Client;

namespace Steward.Gateway.Api;

/// <summary>Costs as comma-separated text (RFC 4180). Names and tags are whatever people chose: what a spreadsheet would take for a formula is marked as text. Pure.</summary>
internal static class ModelCostCsv
{
    public static string Write(ModelCostReport report)
    {
        var csv = new StringBuilder();
        Line(csv, [.. report.By, "calls", "cached_calls", "input_tokens", "cached_input_tokens", "output_tokens", "cost_usd", "unpriced_calls", "estimated_calls"]);
        foreach (var row in report.Rows)
        {
            Line(csv, [.. row.Keys.Select(Harmless), Text(row.Calls), Text(row.CachedCalls), Text(row.InputTokens), Text(row.CachedInputTokens), Text(row.OutputTokens), row.CostUsd.ToString("0.#########", CultureInfo.InvariantCulture), Text(row.UnpricedCalls), Text(row.EstimatedCalls)]);
        }

        return csv.ToString();
    }

    private static string Harmless(string value) => value is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + value : value;

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Line(StringBuilder csv, IReadOnlyList<string> fields)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            var field = fields[i];
            csv.Append(i == 0 ? "" : ",").Append(field.AsSpan().IndexOfAny("\",\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        }

        csv.Append("\r\n");
    }
}
