using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Hosting;

namespace Orleans.Runtime.MembershipService.SiloMetadata;

/// <summary>What a silo says of itself.</summary>
[GenerateSerializer]
[Alias("Orleans.Runtime.MembershipService.SiloMetadata.SiloMetadata")]
public record SiloMetadata
{
    /// <summary>Nothing.</summary>
    public static SiloMetadata Empty { get; } = new();

    /// <summary>The values by name.</summary>
    [Id(0)]
    public ImmutableDictionary<string, string> Metadata { get; private set; } = ImmutableDictionary<string, string>.Empty;

    internal void AddMetadata(IEnumerable<KeyValuePair<string, string>> metadata) => Metadata = Metadata.SetItems(metadata);
}

/// <summary>What each silo says of itself.</summary>
public interface ISiloMetadataCache
{
    /// <summary>What a silo says; nothing where it is not known (yet).</summary>
    SiloMetadata GetSiloMetadata(SiloAddress siloAddress);
}

/// <summary>Sets what a silo says of itself.</summary>
public static class SiloMetadataHostingExtensions
{
    /// <summary>From the section <c>Orleans:Metadata</c> of the host's configuration.</summary>
    public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseSiloMetadata(builder.Configuration);
    }

    /// <summary>From the section <c>Orleans:Metadata</c>.</summary>
    public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return builder.UseSiloMetadata(configuration.GetSection("Orleans").GetSection("Metadata"));
    }

    /// <summary>From a section.</summary>
    public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, IConfigurationSection configurationSection) =>
        builder.UseSiloMetadata(configurationSection.Get<Dictionary<string, string>>() ?? []);

    /// <summary>From values; they are read when the silo starts.</summary>
    public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, Dictionary<string, string> metadata) => builder.ConfigureServices(services =>
    {
        services.AddOptionsWithValidateOnStart<SiloMetadata>().Configure(options => options.AddMetadata(metadata));
        services.TryAddSingleton<ISiloMetadataCache, OwnMetadata>();
    });

    private sealed class OwnMetadata(IServiceProvider services, IOptions<SiloMetadata> metadata) : ISiloMetadataCache
    {
        public SiloMetadata GetSiloMetadata(SiloAddress siloAddress) =>
            services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Equals(siloAddress) ? metadata.Value : SiloMetadata.Empty;
    }
}
