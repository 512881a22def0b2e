using System.Diagnostics;

namespace Steward.EndToEnd.Tests;

/// <summary><c>steward connectors diff</c> as an operator or a build runs it.</summary>
public sealed class ConnectorsCommandTests : IDisposable
{
    private const string Document = """
        openapi: 3.0.3
        info: { title: Tickets, version: "1" }
        paths:
          /ticket: { get: { responses: { "200": { description: ok, content: { application/json: { schema: { type: object, properties: { key: { type: string }, owner: { type: string } } } } } } } } }
        """;

    private readonly TemporaryDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData("owner: { type: string }", "owner: { type: string }", 0, "not breaking: operations +0 -0, changed 0")]
    [InlineData("owner: { type: string }", "owner: { type: string }, team: { type: string }", 0, "~ GET /ticket")]
    [InlineData("owner: { type: string }", "owner: { type: integer }", 1, "  ! answered owner was string, is integer.")]
    [InlineData("/ticket:", "/tickets:", 1, "- GET /ticket")]
    [InlineData("openapi: 3.0.3", "- a\n-", 2, "after")]
    public async Task Diff_TwoVersions_SaysWhatChangedAndExitsAccordingly(string was, string isNow, int exit, string line)
    {
        var (before, after) = (Path.Combine(_data.Path, "old.yaml"), Path.Combine(_data.Path, "new.yaml"));
        await File.WriteAllTextAsync(before, Document);
        await File.WriteAllTextAsync(after, Document.Replace(was, isNow, StringComparison.Ordinal));

        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "connectors", "diff", before, after]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(exit, process.ExitCode);
        Assert.Contains(line, await output + await errors, StringComparison.Ordinal);
    }
}
