namespace Steward.Engines.Security.Vault;

/// <summary>Tells how the vault is.</summary>
public interface IVaultHealth
{
    /// <summary>Asks the vault. Never throws for what is wrong with it; its answer may be a few seconds old.</summary>
    Task<VaultHealthReport> CheckAsync(CancellationToken cancellationToken = default);
}

/// <summary>How a vault is.</summary>
/// <param name="Kind">Embedded or HashiCorp.</param>
/// <param name="Description">Which one; no secret and no path of a file in it.</param>
/// <param name="Answers">Whether secrets can be read and written now.</param>
/// <param name="Code">One of <see cref="VaultCodes"/> when it does not answer.</param>
/// <param name="Problem">What is wrong and what to do, when something is.</param>
public sealed record VaultHealthReport(VaultKind Kind, string Description, bool Answers, string? Code = null, string? Problem = null);
