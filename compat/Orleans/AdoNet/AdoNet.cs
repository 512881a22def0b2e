using System.Data.Common;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Configuration
{
    /// <summary>The database of a silo's cluster.</summary>
    public class AdoNetClusteringSiloOptions
    {
        /// <summary>Where it is.</summary>
        public string? ConnectionString { get; set; }

        /// <summary>Where it is.</summary>
        public DbDataSource? DataSource { get; set; }

        /// <summary>The kind of database.</summary>
        public string Invariant { get; set; } = null!;
    }

    /// <summary>The database of a client's cluster.</summary>
    public class AdoNetClusteringClientOptions
    {
        /// <summary>Where it is.</summary>
        public string? ConnectionString { get; set; }

        /// <summary>Where it is.</summary>
        public DbDataSource? DataSource { get; set; }

        /// <summary>The kind of database.</summary>
        public string Invariant { get; set; } = null!;
    }

    /// <summary>The database of grain states.</summary>
    public class AdoNetGrainStorageOptions : IStorageProviderSerializerOptions
    {
        /// <summary>Where it is.</summary>
        public string? ConnectionString { get; set; }

        /// <summary>Where it is.</summary>
        public DbDataSource? DataSource { get; set; }

        /// <summary>The kind of database.</summary>
        public string Invariant { get; set; } = "Microsoft.Data.SqlClient";

        /// <summary>Whether clearing deletes the record.</summary>
        public bool DeleteStateOnClear { get; set; }

        /// <inheritdoc/>
        public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
    }

    /// <summary>The database of reminders.</summary>
    public class AdoNetReminderTableOptions
    {
        /// <summary>Where it is.</summary>
        public string? ConnectionString { get; set; }

        /// <summary>Where it is.</summary>
        public DbDataSource? DataSource { get; set; }

        /// <summary>The kind of database.</summary>
        public string Invariant { get; set; } = null!;
    }
}

namespace Orleans.Hosting
{
    /// <summary>Clusters by a database, which the stand-in refuses.</summary>
    public static class AdoNetHostingExtensions
    {
        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static ISiloBuilder UseAdoNetClustering(this ISiloBuilder builder, Action<AdoNetClusteringSiloOptions> configureOptions) =>
            throw StandIn.ClusteringRefused(nameof(UseAdoNetClustering));

        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static ISiloBuilder UseAdoNetClustering(this ISiloBuilder builder, Action<OptionsBuilder<AdoNetClusteringSiloOptions>> configureOptions) =>
            throw StandIn.ClusteringRefused(nameof(UseAdoNetClustering));

        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static IClientBuilder UseAdoNetClustering(this IClientBuilder builder, Action<AdoNetClusteringClientOptions> configureOptions) =>
            throw StandIn.ClusteringRefused(nameof(UseAdoNetClustering));

        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static IClientBuilder UseAdoNetClustering(this IClientBuilder builder, Action<OptionsBuilder<AdoNetClusteringClientOptions>> configureOptions) =>
            throw StandIn.ClusteringRefused(nameof(UseAdoNetClustering));
    }

    /// <summary>Grain states in a database, which the stand-in refuses.</summary>
    public static class AdoNetGrainStorageSiloBuilderExtensions
    {
        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static ISiloBuilder AddAdoNetGrainStorage(this ISiloBuilder builder, string name, Action<AdoNetGrainStorageOptions> configureOptions) =>
            throw StandIn.ClusteringRefused(nameof(AddAdoNetGrainStorage));

        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static ISiloBuilder AddAdoNetGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<AdoNetGrainStorageOptions>>? configureOptions = null) =>
            throw StandIn.ClusteringRefused(nameof(AddAdoNetGrainStorage));

        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static ISiloBuilder AddAdoNetGrainStorageAsDefault(this ISiloBuilder builder, Action<AdoNetGrainStorageOptions> configureOptions) =>
            throw StandIn.ClusteringRefused(nameof(AddAdoNetGrainStorageAsDefault));

        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static ISiloBuilder AddAdoNetGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<AdoNetGrainStorageOptions>>? configureOptions = null) =>
            throw StandIn.ClusteringRefused(nameof(AddAdoNetGrainStorageAsDefault));
    }

    public static partial class SiloBuilderReminderExtensions
    {
        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static ISiloBuilder UseAdoNetReminderService(this ISiloBuilder builder, Action<AdoNetReminderTableOptions> configureOptions) =>
            throw StandIn.ClusteringRefused(nameof(UseAdoNetReminderService));

        /// <summary>Always throws an <see cref="OrleansConfigurationException"/>.</summary>
        public static ISiloBuilder UseAdoNetReminderService(this ISiloBuilder builder, Action<OptionsBuilder<AdoNetReminderTableOptions>> configureOptions) =>
            throw StandIn.ClusteringRefused(nameof(UseAdoNetReminderService));
    }
}
