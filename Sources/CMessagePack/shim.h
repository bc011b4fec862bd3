#ifndef CMESSAGEPACK_SHIM_H
#define CMESSAGEPACK_SHIM_H

#include <msgpack.h>
#include <msgpack/unpack_define.h>
#include <stdlib.h>
#include <string.h>

/*
 * One function for each thing that is packed. The packer lives on the stack and its callback is a constant, so the
 * compiler inlines libmsgpack's encoder together with the write into the buffer; from Swift the callback would stay an
 * indirect call for every few bytes. Each returns 0, or -1 when there is no memory.
 */
#define CMESSAGEPACK_PACKER(buffer) msgpack_packer packer = { buffer, msgpack_sbuffer_write }

static inline int cmessagepack_map(msgpack_sbuffer *buffer, size_t pairs)
{
    CMESSAGEPACK_PACKER(buffer);
    return msgpack_pack_map(&packer, pairs);
}

static inline int cmessagepack_array(msgpack_sbuffer *buffer, size_t elements)
{
    CMESSAGEPACK_PACKER(buffer);
    return msgpack_pack_array(&packer, elements);
}

static inline int cmessagepack_nil(msgpack_sbuffer *buffer)
{
    CMESSAGEPACK_PACKER(buffer);
    return msgpack_pack_nil(&packer);
}

static inline int cmessagepack_bool(msgpack_sbuffer *buffer, bool value)
{
    CMESSAGEPACK_PACKER(buffer);
    return value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer);
}

static inline int cmessagepack_uint64(msgpack_sbuffer *buffer, uint64_t value)
{
    CMESSAGEPACK_PACKER(buffer);
    return msgpack_pack_uint64(&packer, value);
}

static inline int cmessagepack_int64(msgpack_sbuffer *buffer, int64_t value)
{
    CMESSAGEPACK_PACKER(buffer);
    return msgpack_pack_int64(&packer, value);
}

static inline int cmessagepack_double(msgpack_sbuffer *buffer, double value)
{
    CMESSAGEPACK_PACKER(buffer);
    return msgpack_pack_double(&packer, value);
}

static inline int cmessagepack_str(msgpack_sbuffer *buffer, const void *text, size_t length)
{
    CMESSAGEPACK_PACKER(buffer);
    int status = msgpack_pack_str(&packer, length);
    return status != 0 || length == 0 ? status : msgpack_pack_str_body(&packer, text, length);
}

static inline int cmessagepack_bin(msgpack_sbuffer *buffer, const void *bytes, size_t length)
{
    CMESSAGEPACK_PACKER(buffer);
    int status = msgpack_pack_bin(&packer, length);
    return status != 0 || length == 0 ? status : msgpack_pack_bin_body(&packer, bytes, length);
}

#undef CMESSAGEPACK_PACKER

#endif
