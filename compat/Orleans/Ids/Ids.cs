using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace Orleans.Runtime;

/// <summary>A piece of an identity: UTF-8 bytes with a stable hash.</summary>
[Immutable]
public readonly struct IdSpan : IEquatable<IdSpan>, IComparable<IdSpan>
{
    private readonly byte[]? _value;
    private readonly int _hashCode;

    /// <summary>Wraps bytes, which must not change afterwards.</summary>
    public IdSpan(byte[] value)
    {
        _value = value;
        _hashCode = value is null ? 0 : (int)StableHash.ComputeHash(value);
    }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Value => _value;

    /// <summary>Whether there are no bytes.</summary>
    public bool IsDefault => _value is null or { Length: 0 };

    /// <summary>Encodes a text.</summary>
    public static IdSpan Create(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return new IdSpan(Encoding.UTF8.GetBytes(id));
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> AsSpan() => _value;

    /// <inheritdoc/>
    public bool Equals(IdSpan obj) => ReferenceEquals(_value, obj._value) || (_hashCode == obj._hashCode && AsSpan().SequenceEqual(obj.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is IdSpan other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _hashCode;

    /// <summary>The stable hash.</summary>
    public uint GetUniformHashCode() => (uint)_hashCode;

    /// <inheritdoc/>
    public int CompareTo(IdSpan other) => AsSpan().SequenceCompareTo(other.AsSpan());

    /// <inheritdoc/>
    public override string ToString() => Encoding.UTF8.GetString(AsSpan());

    /// <summary>Equality.</summary>
    public static bool operator ==(IdSpan left, IdSpan right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(IdSpan left, IdSpan right) => !left.Equals(right);
}

/// <summary>The name of a kind of grain.</summary>
[Immutable]
public readonly struct GrainType(IdSpan id) : IEquatable<GrainType>, IComparable<GrainType>
{
    private readonly IdSpan _value = id;

    /// <summary>Wraps UTF-8 bytes.</summary>
    public GrainType(byte[] value)
        : this(new IdSpan(value))
    {
    }

    /// <summary>The name.</summary>
    public IdSpan Value => _value;

    /// <summary>Whether there is no name.</summary>
    public bool IsDefault => _value.IsDefault;

    /// <summary>Encodes a name.</summary>
    public static GrainType Create(string value) => new(IdSpan.Create(value));

    /// <summary>The bytes of the name.</summary>
    public ReadOnlySpan<byte> AsSpan() => _value.AsSpan();

    /// <inheritdoc/>
    public bool Equals(GrainType obj) => _value.Equals(obj._value);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is GrainType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <summary>The stable hash.</summary>
    public uint GetUniformHashCode() => _value.GetUniformHashCode();

    /// <inheritdoc/>
    public int CompareTo(GrainType other) => _value.CompareTo(other._value);

    /// <inheritdoc/>
    public override string ToString() => _value.ToString();

    /// <summary>Equality.</summary>
    public static bool operator ==(GrainType left, GrainType right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(GrainType left, GrainType right) => !left.Equals(right);
}

/// <summary>The name of a grain interface.</summary>
[Immutable]
public readonly struct GrainInterfaceType(IdSpan value) : IEquatable<GrainInterfaceType>
{
    private readonly IdSpan _value = value;

    /// <summary>Encodes a name.</summary>
    public GrainInterfaceType(string value)
        : this(IdSpan.Create(value))
    {
    }

    /// <summary>The name.</summary>
    public IdSpan Value => _value;

    /// <summary>Whether there is no name.</summary>
    public bool IsDefault => _value.IsDefault;

    /// <summary>Encodes a name.</summary>
    public static GrainInterfaceType Create(string value) => new(value);

    /// <inheritdoc/>
    public bool Equals(GrainInterfaceType other) => _value.Equals(other._value);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is GrainInterfaceType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => _value.ToString();

    /// <summary>Equality.</summary>
    public static bool operator ==(GrainInterfaceType left, GrainInterfaceType right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(GrainInterfaceType left, GrainInterfaceType right) => !left.Equals(right);
}

/// <summary>The identity of a grain: its type and its key.</summary>
[Immutable]
public readonly struct GrainId(GrainType type, IdSpan key) : IEquatable<GrainId>, IComparable<GrainId>, IFormattable, ISpanParsable<GrainId>
{
    private readonly GrainType _type = type;
    private readonly IdSpan _key = key;

    /// <summary>The type.</summary>
    public GrainType Type => _type;

    /// <summary>The key.</summary>
    public IdSpan Key => _key;

    /// <summary>Whether this is no identity.</summary>
    public bool IsDefault => _type.IsDefault && _key.IsDefault;

    /// <summary>Makes an identity.</summary>
    public static GrainId Create(string type, string key) => Create(GrainType.Create(type), key);

    /// <summary>Makes an identity.</summary>
    public static GrainId Create(GrainType type, string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return new GrainId(type, IdSpan.Create(key));
    }

    /// <summary>Makes an identity.</summary>
    public static GrainId Create(GrainType type, IdSpan key) => new(type, key);

    /// <summary>Reads <c>type/key</c>.</summary>
    public static GrainId Parse(string value) => Parse(value, null);

    /// <inheritdoc cref="Parse(string)"/>
    static GrainId IParsable<GrainId>.Parse(string value, IFormatProvider? provider) => Parse(value, provider);

    /// <inheritdoc/>
    static GrainId ISpanParsable<GrainId>.Parse(ReadOnlySpan<char> value, IFormatProvider? provider) => Parse(value, provider);

    /// <summary>Reads <c>type/key</c>.</summary>
    public static bool TryParse(string? value, out GrainId result) => TryRead(value, out result);

    /// <inheritdoc/>
    static bool IParsable<GrainId>.TryParse(string? value, IFormatProvider? provider, out GrainId result) => TryRead(value, out result);

    /// <inheritdoc/>
    static bool ISpanParsable<GrainId>.TryParse(ReadOnlySpan<char> value, IFormatProvider? provider, out GrainId result) => TryRead(value, out result);

    /// <inheritdoc/>
    public bool Equals(GrainId other) => _type.Equals(other._type) && _key.Equals(other._key);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is GrainId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_type, _key);

    /// <summary>The stable hash.</summary>
    public uint GetUniformHashCode() => (_type.GetUniformHashCode() * 31) + _key.GetUniformHashCode();

    /// <inheritdoc/>
    public int CompareTo(GrainId other)
    {
        var byType = _type.CompareTo(other._type);
        return byType != 0 ? byType : _key.CompareTo(other._key);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_type}/{_key}";

    /// <inheritdoc/>
    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>Equality.</summary>
    public static bool operator ==(GrainId left, GrainId right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(GrainId left, GrainId right) => !left.Equals(right);

    private static GrainId Parse(ReadOnlySpan<char> value, IFormatProvider? provider)
    {
        _ = provider;
        return TryRead(value, out var result) ? result : throw new ArgumentException($"Unable to parse \"{value}\" as a grain id.", nameof(value));
    }

    private static bool TryRead(ReadOnlySpan<char> value, out GrainId result)
    {
        var slash = value.IndexOf('/');
        if (slash < 0)
        {
            result = default;
            return false;
        }

        result = new GrainId(GrainType.Create(value[..slash].ToString()), IdSpan.Create(value[(slash + 1)..].ToString()));
        return true;
    }
}

/// <summary>The address of a silo.</summary>
[Immutable]
public sealed class SiloAddress : IEquatable<SiloAddress>, IComparable<SiloAddress>
{
    private SiloAddress(IPEndPoint endpoint, int generation)
    {
        Endpoint = endpoint;
        Generation = generation;
    }

    /// <summary>No silo.</summary>
    public static SiloAddress Zero { get; } = New(new IPEndPoint(0, 0), 0);

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Distinguishes two silos that used the same endpoint one after the other.</summary>
    public int Generation { get; }

    /// <summary>Whether it stands for a client.</summary>
    public bool IsClient => Generation < 0;

    /// <summary>Makes an address.</summary>
    public static SiloAddress New(IPEndPoint ep, int gen) => new(ep, gen);

    /// <summary>Makes an address.</summary>
    public static SiloAddress New(IPAddress address, int port, int generation) => new(new IPEndPoint(address, port), generation);

    /// <summary>The address as text: <c>S127.0.0.1:11111:42</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsClient ? 'C' : 'S')}{Endpoint}:{Generation}");

    /// <summary>The address as text: <c>127.0.0.1:11111@42</c>.</summary>
    public string ToParsableString() => string.Create(CultureInfo.InvariantCulture, $"{Endpoint}@{Generation}");

    /// <inheritdoc/>
    public bool Equals([NotNullWhen(true)] SiloAddress? other) => other is not null && Generation == other.Generation && Endpoint.Equals(other.Endpoint);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as SiloAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Endpoint, Generation);

    /// <inheritdoc/>
    public int CompareTo(SiloAddress? other) => other is null ? 1 : string.CompareOrdinal(ToString(), other.ToString());
}
