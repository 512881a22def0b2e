namespace Orleans;

/// <summary>Gives a type, interface or method a stable name on the wire.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Method | AttributeTargets.Interface, AllowMultiple = true)]
public sealed class AliasAttribute(string alias) : Attribute
{
    /// <summary>The name.</summary>
    public string Alias { get; } = alias;
}

/// <summary>Which members get ids without being asked.</summary>
public enum GenerateFieldIds
{
    /// <summary>None; each member needs its own <see cref="IdAttribute"/>.</summary>
    None = 0,

    /// <summary>All public properties.</summary>
    PublicProperties = 1,
}

/// <summary>Makes a type part of the wire format: its members with an <see cref="IdAttribute"/> are carried.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum)]
public sealed class GenerateSerializerAttribute : Attribute
{
    /// <summary>Whether members get ids without being asked.</summary>
    public GenerateFieldIds GenerateFieldIds { get; init; }

    /// <summary>Whether the parameters of the primary constructor are carried. On for records by default.</summary>
    public bool IncludePrimaryConstructorParameters
    {
        get => IncludePrimaryConstructor ?? false;
        init => IncludePrimaryConstructor = value;
    }

    internal bool? IncludePrimaryConstructor { get; private set; }
}

/// <summary>The number of a member on the wire.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Method | AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter)]
public sealed class IdAttribute(uint id) : Attribute
{
    /// <summary>The number.</summary>
    public uint Id { get; } = id;
}

/// <summary>Says that a value never changes, so that calls within a silo pass it without a copy.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter | AttributeTargets.ReturnValue, Inherited = false)]
public sealed class ImmutableAttribute : Attribute
{
}

/// <summary>Registers an <see cref="IConverter{TValue, TSurrogate}"/>.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class RegisterConverterAttribute : Attribute
{
}

/// <summary>Overrides the response timeout of one grain method.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
{
    /// <summary>The timeout.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.Parse(timeout, System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Carries a foreign type by way of a surrogate.</summary>
/// <typeparam name="TValue">The foreign type.</typeparam>
/// <typeparam name="TSurrogate">A struct with <see cref="GenerateSerializerAttribute"/>.</typeparam>
public interface IConverter<TValue, TSurrogate>
    where TSurrogate : struct
{
    /// <summary>From the wire.</summary>
    TValue ConvertFromSurrogate(in TSurrogate surrogate);

    /// <summary>To the wire.</summary>
    TSurrogate ConvertToSurrogate(in TValue value);
}

/// <summary>Carries the base part of a foreign class by way of a surrogate.</summary>
public interface IPopulator<TValue, TSurrogate>
    where TValue : class
    where TSurrogate : struct
{
    /// <summary>Fills an instance from the wire.</summary>
    void Populate(in TSurrogate surrogate, TValue value);
}
