using System.Diagnostics;
using System.Text.Json;

namespace Steward.EndToEnd.Tests;

/// <summary><c>steward triage eval</c> as an operator runs it, with the small models of the inference tests.</summary>
public sealed class TriageCommandTests : IDisposable
{
    private readonly TemporaryDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [NativeFact]
    public async Task Eval_LabelledTickets_PrintsAndKeepsTheFigures()
    {
        var file = Path.Combine(_data.Path, "tickets.csv");
        await File.WriteAllTextAsync(file, "text,label\nmail broken,mail\n\"vpn down, again\",network\nno label,\nnothing,other\n");

        var (exit, output, errors) = await EvalAsync(file, "tiny-topics", "--json", Path.Combine(_data.Path, "figures.json"));

        Assert.True(exit == 0, errors);
        Assert.StartsWith("tiny-topics 1: 3 texts, 1 bad rows", output, StringComparison.Ordinal);
        Assert.Contains("has no label", errors, StringComparison.Ordinal);
        using var figures = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_data.Path, "figures.json")));
        Assert.Equal(3, figures.RootElement.GetProperty("report").GetProperty("count").GetInt32());
        Assert.Equal(2d / 3, figures.RootElement.GetProperty("report").GetProperty("accuracy").GetDouble(), 9);
    }

    [NativeFact]
    public async Task Eval_FolderOfModelsIsInTheOperatorsFile_UsesIt()
    {
        var file = Path.Combine(_data.Path, "tickets.csv");
        await File.WriteAllTextAsync(file, "text,label\nmail broken,mail\n");
        var settings = new { Steward = new { Inference = new { ModelDirectory = Path.Combine(AppContext.BaseDirectory, "tiny") } } };
        await File.WriteAllTextAsync(Path.Combine(_data.Path, "steward.json"), JsonSerializer.Serialize(settings));

        var (exit, output, errors) = await RunAsync(_data.Path, [file, "--model", "tiny-topics"]);

        Assert.True(exit == 0, errors);
        Assert.StartsWith("tiny-topics 1: 1 texts", output, StringComparison.Ordinal);
    }

    [NativeTheory]
    [InlineData("id,label\n1,a\n", "tiny-topics", "There has to be text")]
    [InlineData("text,label\n", "tiny-topics", "no row that can be used")]
    [InlineData("text,label\na,b\n", "nobody", "There are: ")]
    public async Task Eval_CannotBeDone_SaysWhy(string text, string model, string problem)
    {
        var file = Path.Combine(_data.Path, "tickets.csv");
        await File.WriteAllTextAsync(file, text);

        var (exit, _, errors) = await EvalAsync(file, model);

        Assert.Equal(1, exit);
        Assert.Contains(problem, errors, StringComparison.Ordinal);
    }

    private Task<(int Exit, string Output, string Errors)> EvalAsync(string file, string model, params string[] more) =>
        RunAsync(_data.Path, [file, "--model", model, "--models", Path.Combine(AppContext.BaseDirectory, "tiny"), .. more]);

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(string directory, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "triage", "eval", .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory,
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await errors);
    }
}
