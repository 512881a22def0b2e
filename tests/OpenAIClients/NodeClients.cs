using System.ComponentModel;
using System.Diagnostics;

namespace Steward.OpenAIClients.Tests;

/// <summary>The clients of others, from the npm registry. They are installed into node_modules when they are not there. Without npm the tests fail and say so.</summary>
internal static class NodeClients
{
    private static readonly Lazy<string> Installed = new(Install);

    /// <summary>Runs a file of tests with node and gives what it said.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string file, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Installed.Value };
        start.ArgumentList.Add("--test");
        start.ArgumentList.Add("--test-reporter=tap");
        start.ArgumentList.Add(file);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        // Nothing of the machine's own may reach a client.
        start.Environment.Remove("OPENAI_API_KEY");
        start.Environment.Remove("OPENAI_BASE_URL");
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }

    private static string Install()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "tests", "OpenAIClients", "package.json")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("tests/OpenAIClients was not found above the tests' folder.");
        }

        folder = Path.Combine(folder, "tests", "OpenAIClients");
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
        {
            RunNpm(folder);
        }

        return folder;
    }

    private static void RunNpm(string folder)
    {
        var start = new ProcessStartInfo("npm") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "ci", "--no-audit", "--no-fund", "--ignore-scripts" })
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEnd();
            if (!process.WaitForExit(TimeSpan.FromMinutes(3)) || process.ExitCode != 0)
            {
                throw new InvalidOperationException($"These tests need the npm registry: `npm ci` in {folder} failed. {errors}");
            }
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException("These tests need Node.js with npm: install the packages nodejs and npm, as ./steward test does.", exception);
        }
    }
}
