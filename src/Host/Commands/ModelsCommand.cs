using System.CommandLine;
using System.Globalization;
using Steward.Engines.Inference;
using Steward.Engines.Inference.Models;

namespace Steward.Host.Commands;

/// <summary>
/// <c>steward models</c>: changes which versions of the models of a folder answer whom. Running processes that have this folder follow within <c>Steward:Inference:FollowModelsEvery</c>. Exit code 1 when something is refused.
/// </summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "The models that classify, embed and rerank: their versions and who gets them.") { List(), Check(), Publish(), Promote(), Withdraw() };

    private static Command List()
    {
        var folder = Folder();
        var command = new Command("list", "All versions in the folder, and who gets them.") { folder };
        command.SetAction((parsed, _) => GuardedAsync(() =>
        {
            var entries = Open(parsed.GetValue(folder)).List();
            foreach (var entry in entries)
            {
                Console.Out.WriteLine(entry.Manifest is { } manifest
                    ? $"{manifest.Name,-22} {manifest.Version,-10} {manifest.Task.ToString().ToLowerInvariant(),-15} {Describe(entry, entries)}"
                    : $"{Path.GetFileName(entry.Folder),-22} refused: {entry.Problem}");
            }

            return Task.FromResult(entries.All(entry => entry.Problem is null) ? 0 : 1);
        }));
        return command;
    }

    private static Command Check()
    {
        var source = new Argument<DirectoryInfo>("folder") { Description = "A model's folder." };
        var command = new Command("check", "Load a model's folder as a silo does, run it, and say exactly what is wrong with it.") { source };
        command.SetAction((parsed, cancellationToken) => GuardedAsync(async () =>
        {
            var manifest = await CheckAsync(parsed.GetRequiredValue(source), cancellationToken);
            Console.Out.WriteLine($"{manifest.Name} {manifest.Version} can be used: {manifest.Task.ToString().ToLowerInvariant()}, texts of up to {manifest.MaxTokens} tokens");
            return 0;
        }));
        return command;
    }

    private static Command Publish()
    {
        var source = new Argument<DirectoryInfo>("folder") { Description = "The version's folder; it is copied." };
        var folder = Folder();
        var canary = new Option<double?>("--canary") { Description = "Give it to this part of the tenants only, 0 to 1; always the same ones." };
        var tenants = new Option<string[]>("--tenant") { Description = "Give it to this tenant, too, as a canary; may be repeated." };
        var shadow = new Option<double?>("--shadow") { Description = "Let it see this part of the requests, 0 to 1, and give its answers to nobody: steward.inference.shadow counts how often it agrees." };
        var command = new Command("publish", "Check a version and put it into the folder of models: for everybody, or as a canary or shadow.") { source, folder, canary, tenants, shadow };
        command.SetAction((parsed, cancellationToken) => GuardedAsync(async () =>
        {
            var (share, named, seen) = (parsed.GetValue(canary), parsed.GetValue(tenants) ?? [], parsed.GetValue(shadow));
            if (share is not (null or (>= 0 and <= 1)) || seen is not (null or (> 0 and <= 1)) || (seen is not null && (share is not null || named.Length > 0)))
            {
                return Fail("--canary must be 0 to 1, --shadow more than 0 and at most 1, and a version is one of both.");
            }

            await CheckAsync(parsed.GetRequiredValue(source), cancellationToken);
            var exposure = seen is { } part ? ModelExposure.Shadow(part) : share is not null || named.Length > 0 ? ModelExposure.Canary(share ?? 0, named) : ModelExposure.Everyone;
            var models = Open(parsed.GetValue(folder));
            var entry = models.Add(parsed.GetRequiredValue(source).FullName, exposure);
            Console.Out.WriteLine($"{entry.Manifest!.Name} {entry.Manifest.Version}: {Describe(entry, models.List())}");
            Console.Out.WriteLine($"in {Path.GetFullPath(entry.Folder)}");
            return 0;
        }));
        return command;
    }

    private static Command Promote() => Named("promote", "Make a version the one for everybody: a canary, a shadow, or an earlier one to go back to.", static (models, name, version) => models.Promote(name, version)
        ? null
        : $"There is no {name} {version}. `steward models list` names what there is.");

    private static Command Withdraw() => Named("withdraw", "Take a canary or shadow away; its folder stays.", static (models, name, version) => models.Withdraw(name, version)
        ? null
        : $"There is no {name} {version}, or no other version for everybody: promote one first.");

    private static Command Named(string verb, string description, Func<ModelDirectory, string, string, string?> act)
    {
        var name = new Argument<string>("name") { Description = "The model." };
        var version = new Argument<string>("version") { Description = "The version." };
        var folder = Folder();
        var command = new Command(verb, description) { name, version, folder };
        command.SetAction((parsed, _) => GuardedAsync(() => Task.FromResult(
            act(Open(parsed.GetValue(folder)), parsed.GetRequiredValue(name), parsed.GetRequiredValue(version)) is { } problem ? Fail(problem) : 0)));
        return command;
    }

    private static Option<DirectoryInfo?> Folder() => new("--models") { Description = "The folder of models; by default Steward:Inference:ModelDirectory of steward.json or the environment, else models." };

    private static ModelDirectory Open(DirectoryInfo? folder)
    {
        var settings = new ConfigurationBuilder();
        LocalSettings.Use(settings);
        return new ModelDirectory(folder?.FullName ?? settings.Build()["Steward:Inference:ModelDirectory"] ?? new InferenceOptions().ModelDirectory, TimeProvider.System);
    }

    private static string Describe(ModelDirectoryEntry entry, IReadOnlyList<ModelDirectoryEntry> all)
    {
        if (entry.Exposure is not { } exposure)
        {
            return "nobody";
        }

        // Of each kind the newest counts.
        var isOver = all.Any(other => other.Manifest?.Name == entry.Manifest?.Name && other.Exposure?.Kind == exposure.Kind
            && ((other.Since ?? DateTimeOffset.MinValue) > (entry.Since ?? DateTimeOffset.MinValue)
                || (other.Since == entry.Since && string.CompareOrdinal(other.Folder, entry.Folder) < 0)));
        var share = exposure.Share.ToString("P0", CultureInfo.InvariantCulture);
        return isOver ? "nobody: a newer version took its place" : exposure.Kind switch
        {
            ExposureKind.Canary => $"canary: {share} of the tenants{(exposure.Tenants.Count > 0 ? $" and {string.Join(", ", exposure.Tenants.Order(StringComparer.Ordinal))}" : "")}",
            ExposureKind.Shadow => $"shadow: sees {share} of the requests",
            _ => "everybody",
        };
    }

    private static async Task<ModelManifest> CheckAsync(DirectoryInfo folder, CancellationToken cancellationToken)
    {
        if (!folder.Exists)
        {
            throw new DirectoryNotFoundException($"There is no folder {folder.FullName}.");
        }

        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        LocalSettings.Use(builder.Configuration);
        builder.Logging.SetMinimumLevel(LogLevel.Critical);
        builder.Services.AddStewardInference(options => options.ModelDirectory = folder.FullName);
        using var host = builder.Build();
        return await host.Services.GetRequiredService<IInferenceEngine>().Models.CheckAsync(folder.FullName, cancellationToken);
    }

    private static async Task<int> GuardedAsync(Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception exception) when (exception is ModelRefusedException or InvalidOperationException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Fail(exception.Message);
        }
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }
}
