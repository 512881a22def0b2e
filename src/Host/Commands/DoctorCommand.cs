using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Steward.Engines.Inference;
using Steward.Host.Capabilities;

namespace Steward.Host.Commands;

/// <summary><c>steward doctor</c>: what is there, what is missing and how to get it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var data = CommandOptions.Data();
        var command = new Command("doctor", "Say what is there, what is missing and how to get it.") { data };
        command.SetAction(parsed =>
        {
            var missing = 0;
            foreach (var finding in Examine(parsed.GetRequiredValue(data)))
            {
                Console.Out.WriteLine($"{Mark(finding.State)}  {finding.Name,-12} {finding.Detail}");
                missing += finding.State == FindingState.Broken ? 1 : 0;
            }

            return missing == 0 ? 0 : 1;
        });
        return command;
    }

    private static string Mark(FindingState state) => state switch
    {
        FindingState.Present => "ok     ",
        FindingState.Absent => "missing",
        _ => "broken ",
    };

    private static IEnumerable<Finding> Examine(string data)
    {
        yield return new(FindingState.Present, ".NET", $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores");
        yield return OrleansBuild.IsStandIn
            ? new(FindingState.Absent, "Orleans", "this build runs on the single-process stand-in. Add a feed that holds Microsoft.Orleans.* to NuGet.config and run ./steward feeds; see docs/feeds.md.")
            : new(FindingState.Present, "Orleans", $"packages {OrleansBuild.Version}");
        yield return DataFolder(data);
        yield return Environment.GetEnvironmentVariable("OPENAI_API_KEY") is { Length: > 0 }
            ? new(FindingState.Present, "models", $"OPENAI_API_KEY is set; endpoint {Environment.GetEnvironmentVariable("OPENAI_BASE_URL") ?? "of the vendor"}")
            : new(FindingState.Absent, "models", "set OPENAI_API_KEY, and OPENAI_BASE_URL for another endpoint. Without one, playbooks answer.");
        yield return Inference();
        yield return Tool("PostgreSQL", PostgresBinaries(), "Debian: apt-get install postgresql. Needed by ./steward test and ./steward cluster.");
        yield return Tool("Bubblewrap", OnPath("bwrap"), "Debian: apt-get install bubblewrap python3-pandas python3-numpy python3-matplotlib. Without it agents run no code.");
        yield return Tool("gVisor", OnPath("runsc"), "Debian: apt-get install runsc. Needed where a tenant or a rule chooses it for their code.");
        yield return Tool("Chromium", OnPath("chromium"), "Debian: apt-get install chromium. Needed by ./steward test for pages.");
        yield return Tool("Node.js", OnPath("node"), "Debian: apt-get install nodejs npm. Needed by ./steward test for pages.");
        yield return File.Exists("/dev/nvidiactl")
            ? new(FindingState.Present, "GPU", "NVIDIA driver found; a build with the package Microsoft.ML.OnnxRuntime.Gpu runs classifiers and embedders on it. /healthz says whether this one does")
            : new(FindingState.Absent, "GPU", "no NVIDIA driver: classifiers and embedders run on the processor.");
    }

    private static Finding Inference()
    {
        try
        {
            return FindInference();
        }
        catch (Exception exception) when (exception is OptionsValidationException or InvalidOperationException or InvalidDataException or ArgumentException)
        {
            return new(FindingState.Broken, "inference", $"the settings cannot be used: {exception.Message}");
        }
    }

    private static Finding FindInference()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        LocalSettings.Use(builder.Configuration);
        builder.Logging.ClearProviders();
        builder.Services.AddStewardInference();
        using var host = builder.Build();
        var (engine, folder) = (host.Services.GetRequiredService<IInferenceEngine>(), Path.GetFullPath(host.Services.GetRequiredService<IOptions<InferenceOptions>>().Value.ModelDirectory));
        if (!engine.Status.IsAvailable)
        {
            return new(FindingState.Absent, "inference", $"{engine.Status.Summary}. Without it rules alone route and match, and tickets are not triaged; see docs/feeds.md.");
        }

        if (engine.Models.Refused is [var refused, ..])
        {
            return new(FindingState.Broken, "inference", $"{refused.Folder} in {folder} is refused: {refused.Reason}. ./steward models check FOLDER says more.");
        }

        var names = engine.Models.List().Select(model => model.Name).Distinct(StringComparer.Ordinal).ToList();
        return names.Count == 0
            ? new(FindingState.Absent, "inference", $"no models in {folder} (Steward:Inference:ModelDirectory).")
            : new(FindingState.Present, "inference", $"{engine.Status.Summary}; {string.Join(", ", names)} in {folder}");
    }

    private static Finding DataFolder(string data)
    {
        try
        {
            var directory = new DataDirectory(data);
            var probe = Path.Combine(directory.Path, ".doctor");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new(FindingState.Present, "data", directory.Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(FindingState.Broken, "data", $"{Path.GetFullPath(data)} cannot be written: {exception.Message} Choose another one with --data.");
        }
    }

    private static Finding Tool(string name, string? path, string how) =>
        path is not null ? new(FindingState.Present, name, path) : new(FindingState.Absent, name, how);

    private static string? PostgresBinaries() =>
        OnPath("initdb") ?? (Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateFiles("/usr/lib/postgresql", "initdb", SearchOption.AllDirectories).OrderDescending(StringComparer.Ordinal).FirstOrDefault()
            : null);

    private static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    private enum FindingState
    {
        Present,
        Absent,
        Broken,
    }

    private sealed record Finding(FindingState State, string Name, string Detail);
}
