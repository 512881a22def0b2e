using Microsoft.Extensions.Options;
using Steward.Engines.Sandboxing;
using Steward.Engines.Security.Vault;
using Steward.Gateway;
using Steward.Storage;
using Steward.Vectors;

namespace Steward.Host.Capabilities;

/// <summary>What a local Steward can do, a line each: printed at start and shown at <c>/healthz</c>.</summary>
internal static class CapabilityReports
{
    public static IServiceCollection AddCapabilityReports(this IServiceCollection services)
    {
        services.AddSingleton<ICapabilityReport>(new FixedReport("orleans", OrleansBuild.IsStandIn
            ? new CapabilityStatus
            {
                State = CapabilityState.Limited,
                Detail = "stand-in: one process, no cluster",
                Fix = "Add a feed that holds Microsoft.Orleans.* to NuGet.config; see docs/feeds.md.",
            }
            : new CapabilityStatus { State = CapabilityState.Configured, Detail = $"packages {OrleansBuild.Version}" }));
        services.AddSingleton<ICapabilityReport, StorageReport>();
        services.AddSingleton<ICapabilityReport, VectorReport>();
        services.AddSingleton<ICapabilityReport, ModelReport>();
        services.AddSingleton<ICapabilityReport, InferenceReport>();
        services.AddSingleton<ICapabilityReport, AnswerCacheReport>();
        services.AddSingleton<ICapabilityReport, DegradationReport>();
        services.AddSingleton<ICapabilityReport, RoutingReport>();
        services.AddSingleton<ICapabilityReport, VaultReport>();
        services.AddSingleton<ICapabilityReport, SandboxReport>();
        return services;
    }

    private sealed class FixedReport(string name, CapabilityStatus status) : ICapabilityReport
    {
        public string Name => name;

        public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(status);
    }

    private sealed class StorageReport(IStorageHealth health) : ICapabilityReport
    {
        public string Name => "storage";

        public async ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default)
        {
            var report = await health.CheckAsync(cancellationToken);
            if (!report.IsWritable)
            {
                return new CapabilityStatus { State = CapabilityState.Failing, Detail = report.Problem ?? "cannot be written to" };
            }

            // The file's path is the operator's business, not every visitor's.
            return report.Provider == StorageProvider.Sqlite
                ? new CapabilityStatus
                {
                    State = CapabilityState.Limited,
                    Detail = "SQLite, for one process; PostgreSQL not configured",
                    Fix = "Set Steward:Storage:Provider to PostgreSql and Steward:Storage:ConnectionString.",
                }
                : new CapabilityStatus { State = CapabilityState.Configured, Detail = "PostgreSQL" };
        }
    }

    private sealed class VectorReport(IVectorStore store, IOptions<VectorOptions> options) : ICapabilityReport
    {
        public string Name => "vectors";

        public async ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                var support = await store.GetSupportAsync(cancellationToken);
                return new CapabilityStatus { State = CapabilityState.Configured, Detail = VectorOptions.Describe(support, options.Value) };
            }
            catch (StorageException exception)
            {
                return new CapabilityStatus { State = CapabilityState.Failing, Detail = exception.Message };
            }
        }
    }

    private sealed class ModelReport(Engines.Models.IChatModelProvider models) : ICapabilityReport
    {
        public string Name => "models";

        public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(
            models.ForTenant(Demo.DemoTenant.Id) is { } model
                ? new CapabilityStatus { State = CapabilityState.Configured, Detail = model.Name }
                : new CapabilityStatus
                {
                    State = CapabilityState.NotConfigured,
                    Detail = "not configured: playbooks answer",
                    Fix = "Set OPENAI_API_KEY, and OPENAI_BASE_URL for another endpoint.",
                });
    }

    private sealed class InferenceReport(Engines.Inference.IInferenceEngine inference) : ICapabilityReport
    {
        public string Name => "inference";

        public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default)
        {
            var status = inference.Status;
            return ValueTask.FromResult((status.IsAvailable, status.RefusedFolders) switch
            {
                (false, _) => new CapabilityStatus { State = CapabilityState.NotConfigured, Detail = status.Summary, Fix = "docs/feeds.md says where the library of ONNX Runtime comes from." },
                (_, 0) => new CapabilityStatus { State = CapabilityState.Configured, Detail = status.Summary },

                // The reasons may name paths, which are the operator's business.
                (_, var refused) => new CapabilityStatus
                {
                    State = CapabilityState.Limited,
                    Detail = $"{status.Summary}; {refused} {(refused == 1 ? "folder" : "folders")} of models refused",
                    Fix = "The log says why; ./steward models check FOLDER does, too.",
                },
            });
        }
    }

    private sealed class AnswerCacheReport(Engines.Models.Caching.ModelCacheStatus caches) : ICapabilityReport
    {
        public string Name => "answer-cache";

        public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default)
        {
            var detail = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{caches.Answers} answers, {caches.Bytes / 1024.0 / 1024.0:0.0} MiB; by meaning {caches.Semantic}");
            return ValueTask.FromResult(caches.HasEmbedder
                ? new CapabilityStatus { State = CapabilityState.Configured, Detail = detail }
                : new CapabilityStatus { State = CapabilityState.Limited, Detail = detail, Fix = "Give the process the inference engine with the model embedder (docs/operations/inference.md)." });
        }
    }

    private sealed class DegradationReport(Engines.Models.Degradation.DegradationLadder ladder) : ICapabilityReport
    {
        public string Name => "degradation";

        // Below the top answers are shorter, from a cache or late: less than what is configured.
        public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(ladder.Step == Engines.Models.Degradation.DegradationStep.Full
            ? new CapabilityStatus { State = CapabilityState.Configured, Detail = ladder.Summary }
            : new CapabilityStatus { State = CapabilityState.Limited, Detail = ladder.Summary, Fix = "docs/operations/models.md says what each step gives up and what leads back." });
    }

    private sealed class RoutingReport(Engines.Models.Tiers.IRequestClassifier? classifier = null) : ICapabilityReport
    {
        public string Name => "routing";

        public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(classifier is not null
            ? new CapabilityStatus { State = CapabilityState.Configured, Detail = classifier.Summary }
            : new CapabilityStatus { State = CapabilityState.Limited, Detail = "by words alone: no classifier is configured", Fix = "Give the process the inference engine with the model request-complexity (docs/operations/inference.md)." });
    }

    private sealed class SandboxReport(IEnumerable<ISandboxPool> pools, IOptions<SandboxOptions> options, TimeProvider time) : ICapabilityReport
    {
        private const string HowTo = "Debian: apt-get install bubblewrap python3-pandas python3-matplotlib.";

        public string Name => "sandbox";

        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

        public async ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default)
        {
            // Whoever asks while the sandboxes are being started learns how that ends.
            foreach (var provider in pools.SelectMany(pool => pool.Providers))
            {
                await provider.StartAsync(cancellationToken).WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return Status();
        }

        private CapabilityStatus Status()
        {
            var providers = pools.FirstOrDefault()?.Providers ?? [];
            if (providers.FirstOrDefault(provider => provider.Availability is { IsAvailable: true, MultiTenant: true }) is not { } works)
            {
                return new CapabilityStatus
                {
                    State = CapabilityState.NotConfigured,
                    Detail = "code execution is off",
                    Fix = providers.Select(provider => provider.Availability.Remedy).FirstOrDefault(remedy => remedy is not null) ?? HowTo,
                };
            }

            List<SandboxLayer> missing = [.. works.Availability.Missing];
            var others = providers.Where(provider => provider != works).ToList();
            var absent = others.Where(provider => !provider.Availability.IsAvailable).ToList();
            List<string> detail =
            [
                missing.Count == 0 ? works.Name : $"{works.Name}, without {string.Join(", ", missing.Select(layer => layer.Name))}",
                .. others.Except(absent).Select(provider => provider.Name),
                .. absent.Count == 0 ? [] : new[] { $"not there: {string.Join(", ", absent.Select(provider => provider.Name))}" },
            ];
            var lacks = absent.Exists(provider => IsChosen(provider.Tier));
            var fix = string.Join(" ", missing.Select(layer => $"{layer.Name}: {layer.Detail}").Concat(absent.Select(provider => provider.Availability.Remedy ?? provider.Name)));
            return new CapabilityStatus
            {
                State = missing.Count == 0 && !lacks ? CapabilityState.Configured : CapabilityState.Limited,
                Detail = string.Join("; ", detail),
                Fix = fix.Length == 0 ? null : fix,
            };
        }

        // What a tenant or a rule asks for and is not there refuses their code.
        private bool IsChosen(SandboxTier tier) => options.Value.RiskTier == tier || options.Value.TenantTiers.Values.Contains(tier);
    }

    private sealed class VaultReport(IVaultHealth vault) : ICapabilityReport
    {
        public string Name => "vault";

        public async ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default)
        {
            var report = await vault.CheckAsync(cancellationToken);
            var kind = report.Kind == VaultKind.Embedded ? "embedded, encrypted in the store" : "HashiCorp Vault or OpenBao";

            // Addresses and paths of files are the operator's business, not every visitor's.
            return report.Answers
                ? new CapabilityStatus { State = CapabilityState.Configured, Detail = kind }
                : new CapabilityStatus { State = CapabilityState.Failing, Detail = $"{kind}: {report.Code}", Fix = "docs/operations/vault.md says what the code means and what to do." };
        }
    }
}
