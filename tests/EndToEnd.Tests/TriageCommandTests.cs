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

    [NativeFact]
    public async Task Eval_LabelsOfAnotherCaseAndUnknownOnes_CountsAndNamesThem()
    {
        var file = Path.Combine(_data.Path, "tickets.csv");
        await File.WriteAllTextAsync(file, "label,opened_at,text\nMAIL,gestern,mail broken\nnetwork,,\"vpn down,\r\nagain\"\nerp\u001b[31m,,invoice\n,,\nnetwork,,\nmail,,\u0000\u0001\n");

        var (exit, output, errors) = await EvalAsync(file, "tiny-topics");

        Assert.True(exit == 0, errors);
        Assert.StartsWith("tiny-topics 1: 3 texts, 3 bad rows", output, StringComparison.Ordinal);
        Assert.Contains("1 texts have labels that the model writes in another case; they are taken for these: MAIL.", errors, StringComparison.Ordinal);
        Assert.Contains("1 texts have 1 labels that the model does not know", errors, StringComparison.Ordinal);
        Assert.Contains("erp [31m. It knows 3: ", errors, StringComparison.Ordinal);
        Assert.Contains("has no text", errors, StringComparison.Ordinal);
        Assert.Contains("holds what is no text", errors, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Eval_ModelWithARuleForTextsOutOfScopeRefusesNone_PrintsThatItDid()
    {
        var models = CopyOf("tiny-topics");
        await File.WriteAllTextAsync(Path.Combine(models, "tiny-topics", "calibration.json"), """{"temperature":2,"outOfScope":{"label":"printer","softness":1,"minimum":-1}}""");
        var file = Path.Combine(_data.Path, "tickets.csv");
        await File.WriteAllTextAsync(file, "text,label\nmail broken,mail\nvpn down,printer\n");

        var (exit, output, errors) = await RunAsync(_data.Path, [file, "--model", "tiny-topics", "--models", models]);

        Assert.True(exit == 0, errors);
        Assert.Contains("in scope            1.0000 right, 0.0000 refused", output, StringComparison.Ordinal);
        Assert.Contains("out of scope        0.0000 refused", output, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Eval_AVersionOnTrialForEveryTenant_MeasuresTheOneForEverybody()
    {
        var models = CopyOf("tiny-topics");
        var next = CopyOf("tiny-topics", "tiny-topics-2");
        var manifest = Path.Combine(next, "tiny-topics-2", "model.json");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"version\": \"1\"", "\"version\": \"2\"", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(next, "tiny-topics-2", "exposure.json"), """{"kind":"canary","share":1}""");
        var file = Path.Combine(_data.Path, "tickets.csv");
        await File.WriteAllTextAsync(file, "text,label\nmail broken,mail\n");

        var (exit, output, errors) = await RunAsync(_data.Path, [file, "--model", "tiny-topics", "--models", models]);

        Assert.True(exit == 0, errors);
        Assert.StartsWith("tiny-topics 1: 1 texts", output, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Eval_FileOfTheDirectoryThatTheScriptWasStartedIn_IsFound()
    {
        await File.WriteAllTextAsync(Path.Combine(_data.Path, "tickets.csv"), "text,label\nmail broken,mail\n");
        var elsewhere = Directory.CreateDirectory(Path.Combine(_data.Path, "repository")).FullName;

        var (exit, output, errors) = await RunAsync(elsewhere, ["tickets.csv", "--model", "tiny-topics", "--json", "figures.json", "--models", Path.Combine(AppContext.BaseDirectory, "tiny")], startedIn: _data.Path);

        Assert.True(exit == 0, errors);
        Assert.StartsWith("tiny-topics 1: 1 texts", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_data.Path, "figures.json")));
    }

    [NativeFact]
    public async Task Eval_NoFolderOfModelsOrNoFile_SaysWhichIsMissing()
    {
        var file = Path.Combine(_data.Path, "tickets.csv");
        await File.WriteAllTextAsync(file, "text,label\na,b\n");

        Assert.Contains("no other one. --models names the folder", (await RunAsync(_data.Path, [file, "--model", "tiny-topics", "--models", Path.Combine(_data.Path, "none")])).Errors, StringComparison.Ordinal);
        Assert.Contains("is a folder; name a file", (await EvalAsync(_data.Path, "tiny-topics")).Errors, StringComparison.Ordinal);
        Assert.Contains("Could not find file", (await EvalAsync(file + "x", "tiny-topics")).Errors, StringComparison.Ordinal);
    }

    [NativeTheory]
    [InlineData("text,label\nmail,MailBox\nvpn,Lines\n", "tiny-topics", "None of the file's labels is one of tiny-topics's")]
    [InlineData("text;label\na;b\n", "tiny-topics", "with commas between them and not semicolons")]
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

    // A folder of models, to be changed.
    private string CopyOf(string model, string? folder = null)
    {
        var models = Path.Combine(_data.Path, "models");
        var target = Directory.CreateDirectory(Path.Combine(models, folder ?? model)).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "tiny", model)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        var manifest = Path.Combine(target, "model.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(manifest))!.AsObject();
        json.Remove("sha256");
        File.WriteAllText(manifest, json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return models;
    }

    private Task<(int Exit, string Output, string Errors)> EvalAsync(string file, string model, params string[] more) =>
        RunAsync(_data.Path, [file, "--model", model, "--models", Path.Combine(AppContext.BaseDirectory, "tiny"), .. more]);

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(string directory, IReadOnlyList<string> arguments, string? startedIn = null)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "triage", "eval", .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory,
        };
        start.Environment["STEWARD_STARTED_IN"] = startedIn;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await errors);
    }
}
