using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Steward.EndToEnd.Tests;

/// <summary><c>steward sandbox run</c> and <c>validate</c>, as somebody has them who brings code of their own.</summary>
public sealed class SandboxCommandTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_CodeWithAnInput_PrintsWhatCameOfItAndKeepsTheFiles()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "tickets.csv"), "team\nit\nhr\nit\n");
        var kept = Path.Combine(_folder.Path, "kept");
        var code = await CodeAsync("""
            import pandas as pd
            frame = pd.read_csv("tickets.csv")
            frame.team.value_counts().rename("n").to_csv("counts.csv")
            print(len(frame), "\x1b[31m")
            open("chart-1.png", "w").close()
            frame.team.value_counts().plot.bar()
            """);

        var (exit, said) = await PrintedAsync("run", "--profile", "python", "--input", Path.Combine(_folder.Path, "tickets.csv"), "--out", kept, code);

        Assert.Equal((0, "allowed", "finished", "3 \u001b[31m\n"), (exit, said.GetProperty("verdict").GetString(), said.GetProperty("code").GetString(), said.GetProperty("output").GetString()));
        Assert.Equal((0, 0, 0), (said.GetProperty("findings").GetArrayLength(), said.GetProperty("exit").GetInt32(), said.GetProperty("limitsHit").GetArrayLength()));
        Assert.Equal(["chart-1.png", "chart-2.png", "counts.csv"], Directory.EnumerateFiles(kept).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(0, new FileInfo(Path.Combine(kept, "chart-1.png")).Length);
    }

    [Fact]
    public async Task Run_RefusedCode_NamesTheLineAndWithoutTheValidatorIsContained()
    {
        var code = await CodeAsync("print(1)\nimport socket\nprint(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))\n");

        var (refusedExit, refused) = await PrintedAsync("run", "--profile", "python", code);
        var (containedExit, contained) = await PrintedAsync("run", "--profile", "python", "--no-validate", code);
        var (readExit, read) = await PrintedAsync("validate", code);

        Assert.Equal((1, "refused", 2, ""), (refusedExit, refused.GetProperty("verdict").GetString(), refused.GetProperty("findings")[0].GetProperty("line").GetInt32(), refused.GetProperty("output").GetString()));
        Assert.Equal((1, "not_asked", "code_failed"), (containedExit, contained.GetProperty("verdict").GetString(), contained.GetProperty("code").GetString()));
        Assert.StartsWith("1\n", contained.GetProperty("output").GetString(), StringComparison.Ordinal);
        Assert.Equal((1, "refused", "import"), (readExit, read.GetProperty("verdict").GetString(), read.GetProperty("findings")[0].GetProperty("rule").GetString()));
    }

    [Fact]
    public async Task Run_OutputThatSteersATerminal_IsPrintedEscaped()
    {
        var (_, output, _) = await CommandAsync("run", await CodeAsync("print('\\x1b[2J\\x9b1A\\u202eabc\\u200b')"));

        Assert.DoesNotContain(output, static letter => char.GetUnicodeCategory(letter) == UnicodeCategory.Format || char.IsControl(letter) && letter is not ('\n' or '\r'));
        Assert.Equal("\u001b[2J\u009b1A\u202eabc\u200b\n", JsonElement.Parse(output).GetProperty("output").GetString());
    }

    [Fact]
    public async Task Run_ShellThatFloods_NamesTheLimit()
    {
        var (exit, said) = await PrintedAsync("run", "--profile", "shell", "--no-validate", "--wall", "10", await CodeAsync("yes"));

        Assert.Equal((1, "limit_reached", "text"), (exit, said.GetProperty("code").GetString(), said.GetProperty("limitsHit")[0].GetString()));
    }

    [Fact]
    public async Task Run_WhatIsNoCode_IsReadByNobody()
    {
        var (exit, said) = await PrintedAsync("run", await CodeAsync(""));
        var (missingExit, output, errors) = await CommandAsync("run", Path.Combine(_folder.Path, "nowhere.py"));

        Assert.Equal((1, "not_asked", "invalid_job"), (exit, said.GetProperty("verdict").GetString(), said.GetProperty("code").GetString()));
        Assert.Equal(1, missingExit);
        Assert.Contains("nowhere.py", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "sql", "SQL runs in no sandbox")]
    [InlineData("validate", "SQL", "SQL runs in no sandbox")]
    [InlineData("validate", "1", "--profile is python or shell, not 1.")]
    public async Task Profile_ThatIsNone_SaysWhatThereIs(string command, string profile, string expected)
    {
        var (exit, output, errors) = await CommandAsync(command, "--profile", profile, await CodeAsync("SELECT 1"));

        Assert.Equal(1, exit);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("\"verdict\"", output, StringComparison.Ordinal);
    }

    private async Task<string> CodeAsync(string code)
    {
        var path = Path.Combine(_folder.Path, "code");
        await File.WriteAllTextAsync(path, code);
        return path;
    }

    private static async Task<(int Exit, JsonElement Said)> PrintedAsync(params string[] arguments)
    {
        var (exit, output, _) = await CommandAsync(arguments);
        return (exit, JsonElement.Parse(output));
    }

    private static async Task<(int Exit, string Output, string Errors)> CommandAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "sandbox", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        return (process.ExitCode, await output, await errors);
    }
}
