using Steward.Storage;

namespace Steward.Silo;

/// <summary>Brings the database schema up to date before the silo starts.</summary>
internal sealed class StorageMigrationService(StorageMigrator migrator) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => migrator.MigrateAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
