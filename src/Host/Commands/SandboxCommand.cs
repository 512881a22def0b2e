using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Sandboxing;

namespace Steward.Host.Commands;

/// <summary><c>steward sandbox</c>: runs or validates code apart from a cluster and prints JSON. Exit code 0 for code that ran to its end or is allowed, 1 otherwise, 2 when code execution is off.</summary>
internal static class SandboxCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static Command Create() => new("sandbox", "Run code in a sandbox, or see what its validator says.") { Run(), Validate() };

    private static Command Run()
    {
        var file = new Argument<FileInfo>("file") { Description = "The code." }.AcceptExistingOnly();
        var profile = Profile();
        var skip = new Option<bool>("--no-validate") { Description = "Run it without asking the validator; the sandbox is the same." };
        var wall = new Option<double>("--wall") { Description = "Seconds until it is ended.", DefaultValueFactory = _ => 30 };
        var inputs = new Option<FileInfo[]>("--input") { Description = "A file that lies in the work directory; may be repeated.", AllowMultipleArgumentsPerToken = false }.AcceptExistingOnly();
        var output = new Option<DirectoryInfo?>("--out") { Description = "A folder for the files and charts that come back." };
        var provider = new Option<SandboxTier?>("--provider") { Description = "namespaces or gvisor; the first one that works by default." };
        var command = new Command("run", "Run a file and print verdict, findings, exit, limits hit and output as JSON.") { file, profile, provider, skip, wall, inputs, output };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(file),
            parsed.GetRequiredValue(profile),
            parsed.GetValue(provider),
            !parsed.GetValue(skip),
            parsed.GetValue(wall),
            parsed.GetValue(inputs) ?? [],
            parsed.GetValue(output),
            cancellationToken));
        return command;
    }

    private static Command Validate()
    {
        var file = new Argument<FileInfo>("file") { Description = "The code." }.AcceptExistingOnly();
        var profile = Profile();
        var command = new Command("validate", "Print what the validator says of a file as JSON.") { file, profile };
        command.SetAction((parsed, cancellationToken) => ValidateAsync(parsed.GetRequiredValue(file), parsed.GetRequiredValue(profile), cancellationToken));
        return command;
    }

    private static Option<SandboxProfile> Profile() => new("--profile")
    {
        Description = "python or shell.",
        DefaultValueFactory = _ => SandboxProfile.Python,
        CustomParser = static argument =>
        {
            var word = argument.Tokens[^1].Value;
            if (Enum.GetValues<SandboxProfile>().Where(profile => string.Equals(profile.ToString(), word, StringComparison.OrdinalIgnoreCase)).Cast<SandboxProfile?>().FirstOrDefault() is { } known)
            {
                return known;
            }

            argument.AddError(string.Equals(word, "sql", StringComparison.OrdinalIgnoreCase)
                ? "--profile is python or shell. SQL runs in no sandbox and is not read beforehand: the tenant's database says what is wrong with it, and what the person may see. Ask it with the language sql of POST /v1/sandbox/executions."
                : $"--profile is python or shell, not {word}.");
            return default;
        },
    };

    private static async Task<int> RunAsync(
        FileInfo file, SandboxProfile profile, SandboxTier? tier, bool validate, double wall, FileInfo[] inputs, DirectoryInfo? output, CancellationToken cancellationToken)
    {
        await using var services = Services();
        var pool = services.GetRequiredService<ISandboxPool>();
        if (await OffAsync(pool, tier, cancellationToken) is { } off)
        {
            return off;
        }

        var files = new List<SandboxFile>();
        foreach (var input in inputs)
        {
            files.Add(new SandboxFile(input.Name, await File.ReadAllBytesAsync(input.FullName, cancellationToken)));
        }

        var outcome = await pool.ExecuteAsync(
            new SandboxJob
            {
                ExecutionId = "x-cli",
                Tenant = "t-cli",
                Profile = profile,
                Code = await File.ReadAllTextAsync(file.FullName, cancellationToken),
                Files = files,
                Validate = validate,
                Tier = tier,
                Limits = new SandboxLimits { WallTime = TimeSpan.FromSeconds(wall), CpuTime = TimeSpan.FromSeconds(wall) },
            },
            NoOutputSink.Instance,
            NoData.Instance,
            cancellationToken);
        await KeepAsync(outcome, output, cancellationToken);
        Print(new
        {
            Verdict = outcome.Code switch
            {
                SandboxCodes.Refused => "refused",
                SandboxCodes.InvalidJob or SandboxCodes.NotAvailable or SandboxCodes.Busy => "not_asked",
                _ => validate ? "allowed" : "not_asked",
            },
            outcome.Findings,
            outcome.Status,
            outcome.Code,
            outcome.Reason,
            Exit = outcome.ExitCode,
            outcome.Signal,
            outcome.LimitsHit,
            Output = outcome.Text,
            outcome.Error,
            outcome.Tables,
            Charts = outcome.Charts.Select(chart => new { chart.Title, Bytes = chart.Png.Length }),
            Files = outcome.Files.Select(one => new { one.Name, Bytes = one.Content.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(one.Content.Span)) }),
            outcome.Provider,
            MissingLayers = pool.Providers.Where(provider => provider.Name == outcome.Provider).SelectMany(provider => provider.Availability.Missing),
            Milliseconds = new
            {
                Validating = outcome.Durations.Validating.TotalMilliseconds,
                Leasing = outcome.Durations.Leasing.TotalMilliseconds,
                Running = outcome.Durations.Running.TotalMilliseconds,
                Collecting = outcome.Durations.Collecting.TotalMilliseconds,
            },
        });
        return outcome.Status == SandboxStatus.Finished ? 0 : 1;
    }

    private static async Task<int> ValidateAsync(FileInfo file, SandboxProfile profile, CancellationToken cancellationToken)
    {
        await using var services = Services();
        if (await OffAsync(services.GetRequiredService<ISandboxPool>(), SandboxTier.Namespaces, cancellationToken) is { } off)
        {
            return off;
        }

        var verdict = await services.GetRequiredService<ICodeValidator>().ValidateAsync(profile, await File.ReadAllTextAsync(file.FullName, cancellationToken), cancellationToken);
        Print(new { Verdict = verdict.Allowed ? "allowed" : "refused", verdict.Findings });
        return verdict.Allowed ? 0 : 1;
    }

    private static async Task<int?> OffAsync(ISandboxPool pool, SandboxTier? tier, CancellationToken cancellationToken)
    {
        // The validator is one of the namespaces' sandboxes; those start anyway.
        var asked = pool.Providers.Where(provider => tier is null || provider.Tier == tier).ToList();
        foreach (var provider in asked)
        {
            await provider.StartAsync(cancellationToken);
            if (provider.Availability.IsAvailable)
            {
                return null;
            }
        }

        Print(new { Verdict = "not_available", Reason = asked.Count == 0 ? $"There is no provider {tier} here." : string.Join(" ", asked.Select(provider => provider.Availability.Remedy)) });
        return 2;
    }

    private static async Task KeepAsync(SandboxOutcome outcome, DirectoryInfo? folder, CancellationToken cancellationToken)
    {
        if (folder is null)
        {
            return;
        }

        folder.Create();
        var names = outcome.Files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        var free = Enumerable.Range(1, int.MaxValue).Select(number => string.Create(CultureInfo.InvariantCulture, $"chart-{number}.png")).Where(name => !names.Contains(name));
        foreach (var (name, content) in outcome.Files.Select(file => (file.Name, file.Content)).Concat(free.Zip(outcome.Charts, (name, chart) => (name, chart.Png))))
        {
            await File.WriteAllBytesAsync(Path.Combine(folder.FullName, name), content.ToArray(), cancellationToken);
        }
    }

    private static ServiceProvider Services() => new ServiceCollection()
        .AddLogging(logging => logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning))
        .AddStewardSandbox(options => options.MinimumWarm = 1)
        .BuildServiceProvider();

    // Characters of control are escaped by the serializer; those that turn the direction of writing or are not seen are escaped here, since people read this in a terminal.
    private static void Print<T>(T answer)
    {
        var text = new StringBuilder();
        foreach (var letter in JsonSerializer.Serialize(answer, Json))
        {
            _ = char.GetUnicodeCategory(letter) == UnicodeCategory.Format ? text.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}") : text.Append(letter);
        }

        Console.Out.WriteLine(text);
    }
}
