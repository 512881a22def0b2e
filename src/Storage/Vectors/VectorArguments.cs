using System.Text;

namespace Steward.Storage.Vectors;

/// <summary>The limits that both vector stores keep to, and the form in which they keep vectors, so that what one accepts and finds the other accepts and finds too.</summary>
internal static class VectorArguments
{
    public const int MaxDimensions = 4_000;
    public const int MaxTop = 200;
    public const int MaxChanges = 1_000;
    public const int MaxPage = 10_000;
    private const int MaxKinds = 100;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Space(VectorSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        Visible(space.TenantId, 100, nameof(space.TenantId));
        Visible(space.Collection, 100, nameof(space.Collection));
        Visible(space.Model, 200, nameof(space.Model));
    }

    /// <summary>The collection of what was taken away from a tenant and is to leave the store; its model is the space's number. Nobody can name it.</summary>
    public const string Erased = "";

    public static void Visible(string value, int longest, string name)
    {
        if (value is null || value.Length < 1 || value.Length > longest || value.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException($"{name} must be 1 to {longest} visible ASCII characters.", name);
        }
    }

    public static void Page(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
    }

    public static void Search(VectorSearch search)
    {
        ArgumentNullException.ThrowIfNull(search);
        Space(search.Space);
        ArgumentNullException.ThrowIfNull(search.Reader);
        ArgumentOutOfRangeException.ThrowIfLessThan(search.Top, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(search.Top, MaxTop);
        if (search.Kinds is { } kinds && (kinds.Count > MaxKinds || kinds.Any(kind => kind is null)))
        {
            throw new ArgumentException($"Kinds must be at most {MaxKinds}.", nameof(search));
        }
    }

    /// <summary>Checks a change.</summary>
    /// <returns>The rows' directions, as they are stored, and their length.</returns>
    public static (IReadOnlyList<float[]> Vectors, int Dimensions) Write(VectorWrite write)
    {
        ArgumentNullException.ThrowIfNull(write);
        Space(write.Space);
        if (write.Rows is not { Count: <= MaxChanges } rows || write.Removed is not { Count: <= MaxChanges } removed)
        {
            throw new ArgumentException($"At most {MaxChanges} rows are written and removed at once.", nameof(write));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(write.Dimensions);
        ArgumentOutOfRangeException.ThrowIfNegative(write.Through ?? 0);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var vectors = new List<float[]>(rows.Count);
        var dimensions = write.Dimensions;
        foreach (var row in rows)
        {
            ArgumentNullException.ThrowIfNull(row);
            Text(row.Id, 1, 300, nameof(row.Id));
            Visible(row.Owner, 200, nameof(row.Owner));
            Text(row.Kind, 0, 200, nameof(row.Kind));
            Text(row.Note, 0, 1_000, nameof(row.Note));
            dimensions = dimensions == 0 ? row.Vector.Length : dimensions;
            vectors.Add(Stored(row.Vector.Span, dimensions));
            if (!ids.Add(row.Id))
            {
                throw new ArgumentException("Each id may be written once.", nameof(write));
            }
        }

        foreach (var id in removed)
        {
            Text(id, 1, 300, nameof(write.Removed));
            if (!ids.Add(id))
            {
                throw new ArgumentException("An id is removed twice, or written and removed.", nameof(write));
            }
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, MaxDimensions);
        return (vectors, dimensions);
    }

    /// <summary>A direction as it is stored: of length one, in steps of 16-bit floats.</summary>
    public static float[] Stored(ReadOnlySpan<float> vector, int dimensions)
    {
        if (vector.Length != dimensions || dimensions is < 1 or > MaxDimensions)
        {
            throw new ArgumentException($"The vector has {vector.Length} values; the space's have {dimensions}, and at most {MaxDimensions} are allowed.", nameof(vector));
        }

        var sum = 0.0;
        foreach (var value in vector)
        {
            sum += (double)value * value;
        }

        var norm = Math.Sqrt(sum);
        if (!double.IsFinite(norm) || norm < 1e-12)
        {
            throw new ArgumentException("The vector must have finite values that are not all zero.", nameof(vector));
        }

        var stored = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            stored[i] = (float)(Half)(vector[i] / norm);
        }

        return stored;
    }

    /// <summary>A stored direction as bytes: 16-bit floats, the lower byte first.</summary>
    public static byte[] ToBytes(ReadOnlySpan<float> stored)
    {
        var bytes = new byte[stored.Length * 2];
        for (var i = 0; i < stored.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * 2), (Half)stored[i]);
        }

        return bytes;
    }

    /// <summary>Reads it back.</summary>
    public static float[] FromBytes(ReadOnlySpan<byte> bytes)
    {
        var values = new float[bytes.Length / 2];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)System.Buffers.Binary.BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * 2)..]);
        }

        return values;
    }

    /// <summary>Stands for all of a tenant among those who were erased; no row has it as its owner.</summary>
    public const string Everybody = "";

    /// <summary>Whose erasures matter to what is written.</summary>
    public static IEnumerable<string> Owners(VectorWrite write) => write.Rows.Select(row => row.Owner).Append(Everybody).Distinct(StringComparer.Ordinal);

    /// <summary>The rows that are taken: not those of people who were erased since, nor any from before the tenant was.</summary>
    public static IReadOnlyList<int> Taken(IReadOnlyList<VectorRow> rows, IReadOnlyDictionary<string, long> erased)
    {
        bool IsErased(string owner, long at) => erased.TryGetValue(owner, out var until) && at <= until;
        return [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].At.ToUnixTimeMilliseconds() is var at && !IsErased(Everybody, at) && !IsErased(rows[i].Owner, at))];
    }

    public static string Owner(string owner)
    {
        Visible(owner, 200, nameof(owner));
        return owner is VectorRow.Everyone or VectorRow.Nobody ? throw new ArgumentException("It is nobody's id.", nameof(owner)) : owner;
    }

    private static void Text(string value, int shortest, int longest, string name)
    {
        if (value is null || value.Length < shortest || value.Length > longest || value.Contains('\0', StringComparison.Ordinal) || !IsUnicode(value))
        {
            throw new ArgumentException($"{name} must be {shortest} to {longest} characters of Unicode text without U+0000.", name);
        }
    }

    private static bool IsUnicode(string value)
    {
        try
        {
            _ = StrictUtf8.GetByteCount(value);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
