using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Steward.EndToEnd.Tests;

/// <summary>What the documentation shows is what happens.</summary>
public sealed partial class DocumentationTests(LocalSteward local) : IClassFixture<LocalSteward>
{
    internal static string Root { get; } = FindRoot();

    /// <summary>Runs every command of the quickstart in one shell, in order, and looks for the lines that follow it in the text.</summary>
    [Fact]
    public async Task Quickstart_EveryCommand_AnswersAsWritten()
    {
        var blocks = Blocks(await File.ReadAllTextAsync(Path.Combine(Root, "docs", "api", "quickstart.md")));
        Assert.True(blocks.Count(block => block.Language == "sh") >= 6);
        var script = new StringBuilder("set -e\nset -o pipefail\n");
        foreach (var block in blocks.Where(block => block.Language == "sh"))
        {
            // The host is started and its tokens are made here as the commands of ./steward do it, without building again.
            var commands = block.Text
                .Replace("$(cat data/gateway.url)", local.Steward.Url.ToString().TrimEnd('/'), StringComparison.Ordinal)
                .Replace("./steward ", $"dotnet {Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll")} ", StringComparison.Ordinal);
            script.Append(commands).Append("\necho; echo '---end of block---'\n");
        }

        var outputs = (await ShellAsync(script.ToString())).Split("---end of block---\n");
        var shell = -1;
        foreach (var block in blocks)
        {
            if (block.Language == "sh")
            {
                shell++;
                continue;
            }

            foreach (var line in block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                Assert.Contains(line.Trim(), outputs[shell], StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Readme_EveryCommand_Exists()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Root, "README.md"));
        var help = await ShellAsync($"{Path.Combine(Root, "steward")} help");
        var commands = StewardCommand().Matches(readme).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.Matches($"(?m)^  {command}\\b", help));
    }

    [Fact]
    public async Task Documents_Links_LeadToFiles()
    {
        var documents = Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(Root, "README.md"));
        foreach (var document in documents)
        {
            foreach (Match link in Link().Matches(await File.ReadAllTextAsync(document)))
            {
                var target = link.Groups[1].Value.Split('#')[0];
                if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
                {
                    var path = Path.Combine(Path.GetDirectoryName(document)!, target);
                    Assert.True(File.Exists(path) || Directory.Exists(path), $"{document} links to {target}, which does not exist.");
                }
            }
        }
    }

    private static List<(string Language, string Text)> Blocks(string markdown) =>
        [.. CodeBlock().Matches(markdown).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }

    private async Task<string> ShellAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["STEWARD_DATA"] = local.Steward.DataDirectory;
        using var shell = Process.Start(start)!;
        shell.StandardInput.Close();
        var error = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"{output}\n{await error}");
        return output;
    }

    [GeneratedRegex(@"```(\w+)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\./steward (\w+)")]
    private static partial Regex StewardCommand();

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();
}
