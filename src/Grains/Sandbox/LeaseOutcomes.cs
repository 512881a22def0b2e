using System.Globalization;
using System.Text.Json;
using Steward.Engines.Sandboxing;
using Steward.Storage;

namespace Steward.Sandbox;

/// <summary>What the engine says, in the words of the contract.</summary>
internal static class LeaseOutcomes
{
    /// <summary>What came of a job.</summary>
    public static LeaseOutcome Of(SandboxOutcome outcome)
    {
        var files = new List<SandboxFileInfo>();
        var contents = new List<ReadOnlyMemory<byte>>();
        var names = outcome.Files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        var number = 0;
        foreach (var chart in outcome.Charts)
        {
            string name;
            do
            {
                name = string.Create(CultureInfo.InvariantCulture, $"chart-{++number}.png");
            }
            while (!names.Add(name));
            files.Add(Info(name, "chart", chart.Png, chart.Title));
            contents.Add(chart.Png);
        }

        foreach (var file in outcome.Files)
        {
            files.Add(Info(file.Name, "file", file.Content, ""));
            contents.Add(file.Content);
        }

        var result = new SandboxResult
        {
            Code = outcome.Code,
            Reason = outcome.Reason,
            ExitCode = outcome.ExitCode,
            LimitsHit = [.. outcome.LimitsHit.Select(limit => JsonNamingPolicy.SnakeCaseLower.ConvertName(limit.ToString()))],
            Text = outcome.Text,
            Error = outcome.Error is { } error ? new SandboxCodeError { Type = error.Type, Message = error.Message, Line = error.Line } : null,
            Findings = [.. outcome.Findings.Select(finding => new SandboxFinding { Line = finding.Line, Rule = finding.Rule, Reason = finding.Reason })],
            Tables = [.. outcome.Tables.Select(Table)],
            Files = files,
            Provider = outcome.Provider,
            RunningMs = Math.Round(outcome.Durations.Running.TotalMilliseconds, 1),
        };
        return new LeaseOutcome(
            outcome.Status switch
            {
                SandboxStatus.Finished => SandboxState.Finished,
                SandboxStatus.TimedOut => SandboxState.TimedOut,
                SandboxStatus.Cancelled => SandboxState.Cancelled,
                _ => SandboxState.Failed,
            },
            result,
            contents);
    }

    /// <summary>What came of a statement.</summary>
    public static LeaseOutcome OfSql(SandboxDataResult answer) => answer.Table is { } table
        ? new LeaseOutcome(
            SandboxState.Finished,
            new SandboxResult { Code = SandboxCodes.Finished, Reason = "It ran to its end.", Tables = [Table(table)], Provider = "data" },
            [])
        : LeaseOutcome.Of(SandboxState.Failed, answer.ErrorCode ?? "internal", answer.ErrorMessage ?? "It could not be carried out.");

    private static SandboxTableResult Table(SandboxTable table) => new()
    {
        Title = table.Title,
        Columns = [.. table.Columns.Select(column => column.Name)],
        Types = [.. table.Columns.Select(column => column.Type)],
        Rows = table.Rows.GetRawText(),
        TotalRows = table.TotalRows,
        IsTruncated = table.Truncated,
    };

    private static SandboxFileInfo Info(string name, string kind, ReadOnlyMemory<byte> bytes, string title) =>
        new() { Name = name, Kind = kind, Bytes = bytes.Length, Hash = ContentHash.Of(bytes.Span), Title = title };
}
