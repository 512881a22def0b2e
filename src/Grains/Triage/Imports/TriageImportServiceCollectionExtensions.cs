using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Steward.Triage;

/// <summary>Adds what imports of old tickets need.</summary>
internal static class TriageImportServiceCollectionExtensions
{
    public static void AddStewardTriageImports(this IServiceCollection services)
    {
        services.AddOptions<TriageImportOptions>()
            .BindConfiguration(TriageImportOptions.Section)
            .Validate(options => options.MaxBytes >= 1, $"{TriageImportOptions.Section}:MaxBytes: set 1 or more.")
            .Validate(options => options.MaxPartBytes is >= 1024 and <= 64 * 1024 * 1024, $"{TriageImportOptions.Section}:MaxPartBytes: set 1024 (1 KiB) to 67108864 (64 MiB).")
            .Validate(options => options.PartPatience > TimeSpan.Zero, $"{TriageImportOptions.Section}:PartPatience: set a positive time.")
            .Validate(options => options.RowsAtOnce is >= 1 and <= 1000 && options.CharactersAtOnce >= 1, $"{TriageImportOptions.Section}:RowsAtOnce, CharactersAtOnce: set 1 to 1000, and 1 or more.")
            .ValidateOnStart();
        services.TryAddSingleton<IImportedLabels, ImportedLabels>();
    }
}
