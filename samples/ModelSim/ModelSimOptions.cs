using System.Security.Cryptography;

namespace Steward.ModelSim;

/// <summary>How the simulated model starts.</summary>
public sealed record ModelSimOptions
{
    /// <summary>The port on loopback; 0, the default, is any free one.</summary>
    public int Port { get; init; }

    /// <summary>The key that clients must send; the default is random.</summary>
    public string ApiKey { get; init; } = $"sk-sim-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20))}";

    /// <summary>What it answers.</summary>
    public ModelScript Script { get; init; } = new();

    /// <summary>The length of embeddings when the request does not say; the default is 256.</summary>
    public int EmbeddingDimensions { get; init; } = 256;

    /// <summary>How many requests are remembered; the oldest are dropped first. 0 remembers none, for load tests.</summary>
    public int RememberedRequests { get; init; } = 10_000;

    /// <summary>The clock; the default is the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
