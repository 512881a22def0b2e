using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Vault;

/// <summary>What the simulated vault holds. Safe for concurrent use.</summary>
public sealed class VaultState(VaultSimOptions options, TimeProvider time)
{
    private readonly Dictionary<string, Token> tokens = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Mount, string Path), Secret> secrets = [];
    private readonly List<VaultCall> calls = [];
    private readonly List<(VaultFault Fault, int Left)> faults = [];

    /// <summary>How it is set up.</summary>
    public VaultSimOptions Options => options;

    /// <summary>Whether it is sealed.</summary>
    public bool Sealed { get; set; }

    /// <summary>Logins that succeeded.</summary>
    public int Logins { get; private set; }

    /// <summary>Renewals that succeeded.</summary>
    public int Renewals { get; private set; }

    /// <summary>All requests so far.</summary>
    public IReadOnlyList<VaultCall> Calls
    {
        get
        {
            lock (Gate)
            {
                return [.. calls];
            }
        }
    }

    /// <summary>The tokens that were given out and still hold.</summary>
    public IReadOnlyList<string> Tokens
    {
        get
        {
            lock (Gate)
            {
                return [.. tokens.Keys];
            }
        }
    }

    internal Lock Gate { get; } = new();

    internal DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Lets requests to come fail.</summary>
    public void Inject(VaultFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (Gate)
        {
            faults.Add((fault, fault.Count));
        }
    }

    /// <summary>Takes all tokens back, as an operator may.</summary>
    public void RevokeTokens()
    {
        lock (Gate)
        {
            tokens.Clear();
        }
    }

    /// <summary>How many secrets there are.</summary>
    public int Count
    {
        get
        {
            lock (Gate)
            {
                return secrets.Count;
            }
        }
    }

    internal void Record(VaultCall call)
    {
        lock (Gate)
        {
            calls.Add(call);
        }
    }

    internal VaultFault? TakeFault(string method)
    {
        lock (Gate)
        {
            var at = faults.FindIndex(fault => fault.Fault.Method is null || fault.Fault.Method == method);
            if (at < 0)
            {
                return null;
            }

            var (fault, left) = faults[at];
            if (left == 1)
            {
                faults.RemoveAt(at);
            }
            else
            {
                faults[at] = (fault, left - 1);
            }

            return fault;
        }
    }

    internal (string Value, Token Token) Login(string @namespace)
    {
        Logins++;
        var value = "hvs." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        return (value, tokens[value] = new Token(@namespace, Now, Now + options.TokenTtl));
    }

    internal Token? FindToken(string value, string @namespace)
    {
        if (!tokens.TryGetValue(value, out var token))
        {
            return null;
        }

        if (token.ExpiresAt <= Now)
        {
            tokens.Remove(value);
            return null;
        }

        // A token holds in its namespace and those below.
        return token.Namespace.Length == 0 || @namespace == token.Namespace || @namespace.StartsWith(token.Namespace + "/", StringComparison.Ordinal) ? token : null;
    }

    internal Token Renew(string value, Token token)
    {
        Renewals++;
        var longest = token.CreatedAt + options.TokenMaxTtl;
        var wanted = Now + options.TokenTtl;
        return tokens[value] = token with { ExpiresAt = wanted < longest ? wanted : longest };
    }

    internal void Revoke(string value) => tokens.Remove(value);

    internal Secret? Find(string mount, string path) => secrets.GetValueOrDefault((mount, path));

    internal Secret GetOrAdd(string mount, string path)
    {
        if (!secrets.TryGetValue((mount, path), out var secret))
        {
            secrets[(mount, path)] = secret = new Secret();
        }

        return secret;
    }

    internal void Remove(string mount, string path) => secrets.Remove((mount, path));

    internal IReadOnlyList<string> List(string mount, string path)
    {
        var prefix = path.Length == 0 ? "" : path + "/";
        return [.. secrets.Keys
            .Where(key => key.Mount == mount && key.Path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(key => key.Path[prefix.Length..])
            .Select(rest => rest.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? rest[..(slash + 1)] : rest)
            .Distinct()
            .Order(StringComparer.Ordinal)];
    }

    internal sealed record Token(string Namespace, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

    internal sealed class Secret
    {
        public SortedDictionary<int, Version> Versions { get; } = [];

        public int Newest { get; set; }
    }

    internal sealed class Version(JsonObject data, DateTimeOffset createdAt)
    {
        public JsonObject Data { get; set; } = data;

        public DateTimeOffset CreatedAt => createdAt;

        public DateTimeOffset? DeletedAt { get; set; }

        public bool Destroyed { get; set; }
    }
}
